using System.CommandLine;
using Spectre.Console;

namespace DataIntensive.Samples.Shop;

/// <summary><c>shop</c>: books a day's invoices and sums them up.</summary>
internal static class ShopCommand
{
    private const int GeneratedRows = 2_000;

    private static readonly Option<string?> Input = new("--input") { Description = "A CSV file in the UCI Online Retail layout. Without it a day is made up." };
    private static readonly Option<string?> Data = new("--data") { Description = "The database's folder. Without it a temporary one is used and removed." };
    private static readonly Option<int> Retries = new("--retries") { Description = "How many rows, in percent, are submitted twice (0 to 100)." };
    private static readonly Option<int> Seed = new("--seed") { Description = "Seeds the made-up day and the choice of retries.", DefaultValueFactory = _ => 1 };
    private static readonly Option<bool> Json = new("--json") { Description = "Print one JSON object instead of tables." };

    public static Command Create()
    {
        Command command = new("shop", "Book a day's invoices, one transaction a row, and sum them up. Kill it and start it again: the result stays the same.")
        {
            Input, Data, Retries, Seed, Json,
        };
        Retries.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out int percent) && percent is < 0 or > 100)
            {
                result.AddError("--retries takes 0 to 100");
            }
        });
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(Input),
            parsed.GetValue(Data),
            parsed.GetValue(Retries),
            parsed.GetValue(Seed),
            parsed.GetValue(Json),
            cancellationToken));
        return command;
    }

    public static async Task<int> RunAsync(string? input, string? data, int retries, int seed, bool json, CancellationToken cancellationToken)
    {
        DirectoryInfo? temporary = input is null || data is null ? Directory.CreateTempSubdirectory("dataintensive-shop-") : null;
        try
        {
            if (input is null)
            {
                input = Path.Combine(temporary!.FullName, "day.csv");
                ShopDay.Write(input, seed, GeneratedRows);
            }

            data ??= Path.Combine(temporary!.FullName, "data");
            (ShopResult result, ShopRunFacts run) = await RunWithProgressAsync(input, data, retries, seed, showProgress: !json, cancellationToken);
            if (json)
            {
                await using Stream output = Console.OpenStandardOutput();
                ShopJsonOutput.Write(output, result, run);
            }
            else
            {
                ShopReport.Print(AnsiConsole.Console, result, run);
            }

            return ExitCodes.Ok;
        }
        finally
        {
            temporary?.Delete(recursive: true);
        }
    }

    private static async Task<(ShopResult Result, ShopRunFacts Run)> RunWithProgressAsync(string input, string data, int retries, int seed, bool showProgress, CancellationToken cancellationToken)
    {
        if (!showProgress || !AnsiConsole.Profile.Capabilities.Interactive || Console.IsOutputRedirected)
        {
            return await JobAsync(_ => { });
        }

        return await AnsiConsole.Progress().StartAsync(async context =>
        {
            ProgressTask task = context.AddTask("booking rows");
            task.IsIndeterminate = true;
            (ShopResult Result, ShopRunFacts Run) outcome = await JobAsync(row =>
            {
                task.Value = row;
                task.Description = $"booking row {row}";
            });
            task.IsIndeterminate = false;
            task.MaxValue = task.Value = Math.Max(1, outcome.Result.Rows);
            return outcome;
        });

        Task<(ShopResult Result, ShopRunFacts Run)> JobAsync(Action<int> onProgress) => new ShopJob(input, data, retries, seed)
        {
            OnProgress = onProgress,
            OnRejected = row => Console.Error.WriteLine($"line {row.FileLine}: rejected: {row.Reason}"),
        }.RunAsync(cancellationToken);
    }
}
