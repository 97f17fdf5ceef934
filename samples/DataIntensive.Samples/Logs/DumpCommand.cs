using System.CommandLine;
using System.Globalization;
using System.Text;
using DataIntensive.Logs;

namespace DataIntensive.Samples.Logs;

/// <summary><c>dump</c>: prints the records of a log, a line each.</summary>
internal static class DumpCommand
{
    private const int DefaultWidth = 80;

    private static readonly Argument<string> Folder = LogFolder.Argument();
    private static readonly Option<long?> After = NotBelow("--after", 0, "The position behind which to begin. Without it: the first that is kept.");
    private static readonly Option<long?> Limit = NotBelow("--limit", 1, "How many records to print at most. Without it: all.");
    private static readonly Option<long?> Width = NotBelow("--width", 1, $"How many characters of a body to print at most. Default {DefaultWidth}.");

    public static Command Create()
    {
        Command command = new("dump", "Print a log's records: position, tag, \"end\" on the last of a commit, time, length in bytes, body as text or in hexadecimal digits.")
        {
            Folder, After, Limit, Width,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(Folder),
            parsed.GetValue(After),
            parsed.GetValue(Limit) ?? long.MaxValue,
            (int)Math.Min(int.MaxValue / 2, parsed.GetValue(Width) ?? DefaultWidth),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string folder, long? after, long limit, int width, CancellationToken cancellationToken)
    {
        await using StreamWriter output = new(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 64 * 1024);
        try
        {
            await using CommitLog? log = await LogFolder.OpenAsync(folder, cancellationToken);
            if (log is null)
            {
                return ExitCodes.Usage;
            }

            LogRange range = log.Range;
            if (after > range.End.Value)
            {
                await Console.Error.WriteLineAsync($"--after {after} lies beyond the end of the log, {range.End}.");
                return ExitCodes.Usage;
            }

            await PrintAsync(log, new LogPosition(after ?? range.First.Value - 1), limit, width, output, cancellationToken);
            if (LogFolder.DescribeTornTail(log.Recovery) is { } torn)
            {
                await Console.Error.WriteLineAsync(torn);
            }

            return ExitCodes.Ok;
        }
        catch (LogCorruptException damage)
        {
            await Console.Error.WriteLineAsync(LogFolder.Describe(damage));
            return ExitCodes.Failed;
        }
    }

    private static async Task PrintAsync(CommitLog log, LogPosition after, long limit, int width, StreamWriter output, CancellationToken cancellationToken)
    {
        using LogReader reader = log.OpenReader(after, Durability.Os);
        for (long printed = 0; printed < limit && reader.TryRead(out LogRecord record); printed++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (record.RemovedBefore > 0)
            {
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{record.Position.Value - 1,10}  removed up to here: {record.RemovedBefore}"));
            }

            await output.WriteLineAsync(LineOf(record, width));
        }
    }

    private static string LineOf(in LogRecord record, int width) => string.Create(
        CultureInfo.InvariantCulture,
        $"{record.Position,10}  tag {record.Tag,-10}  {(record.EndsCommit ? "end" : "   ")}  {record.Timestamp:yyyy-MM-ddTHH:mm:ss.ffffffZ}  {record.Body.Length,8}  {BodyText.Of(record.Body.Span, width)}");

    private static Option<long?> NotBelow(string name, long least, string description)
    {
        Option<long?> option = new(name) { Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && long.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out long value) && value < least)
            {
                result.AddError($"{name} takes whole numbers from {least}");
            }
        });
        return option;
    }
}
