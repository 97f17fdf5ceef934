using System.CommandLine;
using System.Globalization;
using System.Text;
using DataIntensive.Testing;

namespace DataIntensive.Samples.Histories;

/// <summary><c>check</c>: tells whether a recorded history is linearizable.</summary>
internal static class CheckCommand
{
    private const double DefaultSeconds = 60;
    private const double MostSeconds = 1_000_000;

    private static readonly Argument<string> Source = new("FILE") { Description = "A history: a Jepsen log of a register, a log of gets, puts and appends, or the text or JSON form of DataIntensive.Testing." };
    private static readonly Option<string> Model = ModelOption();
    private static readonly Option<string?> Html = new("--html") { Description = "Where to write a page with a timeline." };
    private static readonly Option<double?> Seconds = SecondsOption();

    public static Command Create()
    {
        Command command = new("check", "Check a history. The last line is \"linearizable\", \"not linearizable\" or \"unknown\"; the exit code 0, 1 or 3.") { Source, Model, Html, Seconds };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(Source),
            parsed.GetRequiredValue(Model),
            parsed.GetValue(Html),
            TimeSpan.FromSeconds(parsed.GetValue(Seconds) ?? DefaultSeconds),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string file, string modelName, string? html, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            (History history, SequentialModel model) = HistoryFile.Read(file, modelName);
            Console.WriteLine(history);
            LinearizabilityResult result = LinearizabilityChecker.Check(history, model, new LinearizabilityOptions { Timeout = timeout }, cancellationToken);
            if (html is not null)
            {
                await WriteHtmlAsync(result, html);
            }

            return Print(result);
        }
        catch (HistoryFormatException unreadable)
        {
            await Console.Error.WriteLineAsync($"{file}, {unreadable.Message}");
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or ArgumentException)
        {
            await Console.Error.WriteLineAsync(unusable.Message.ReplaceLineEndings(" "));
        }

        return ExitCodes.Usage;
    }

    private static int Print(LinearizabilityResult result)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Configurations} configurations, {result.PeakBytes} bytes, {result.Elapsed.TotalSeconds:F3} s"));
        if ((result.Violation?.ToString() ?? result.UnknownBecause) is { } explanation)
        {
            Console.WriteLine(explanation);
        }

        (string verdict, int exitCode) = result.Verdict switch
        {
            CheckVerdict.Valid => ("linearizable", ExitCodes.Ok),
            CheckVerdict.Invalid => ("not linearizable", ExitCodes.Failed),
            _ => ("unknown", ExitCodes.Unknown),
        };
        Console.WriteLine(verdict);
        return exitCode;
    }

    private static async Task WriteHtmlAsync(LinearizabilityResult result, string file)
    {
        await using StreamWriter page = new(file, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        result.WriteHtml(page);
    }

    private static Option<string> ModelOption()
    {
        Option<string> option = new("--model") { Description = $"What the history should behave like: {HistoryFile.Register} or {HistoryFile.KeyValue}.", Required = true };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value is not (HistoryFile.Register or HistoryFile.KeyValue))
            {
                result.AddError($"--model takes {HistoryFile.Register} or {HistoryFile.KeyValue}");
            }
        });
        return option;
    }

    private static Option<double?> SecondsOption()
    {
        Option<double?> option = new("--timeout") { Description = $"How many seconds to search at most. Default {DefaultSeconds}." };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && double.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out double seconds) && seconds is not (> 0 and <= MostSeconds))
            {
                result.AddError($"--timeout takes seconds above 0, up to {MostSeconds}");
            }
        });
        return option;
    }
}
