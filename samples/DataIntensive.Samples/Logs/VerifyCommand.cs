using System.CommandLine;
using DataIntensive.Logs;

namespace DataIntensive.Samples.Logs;

/// <summary><c>verify</c>: checks every byte of a log without changing one.</summary>
internal static class VerifyCommand
{
    private static readonly Argument<string> Folder = LogFolder.Argument();

    public static Command Create()
    {
        Command command = new("verify", "Check a log and the files derived from it without changing them. The last line is \"ok\", \"torn tail: …\" or \"corrupt: …\"; the exit code 0, 0 or 1.") { Folder };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(Folder), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            await using CommitLog? log = await LogFolder.OpenAsync(folder, cancellationToken);
            if (log is null)
            {
                return ExitCodes.Usage;
            }

            ReadAll(log, cancellationToken);
            string end = log.Recovery.WasClosed ? "closed" : "not closed";
            Console.WriteLine($"{log.Recovery.Segments} segments, positions {log.Range.First} to {log.Range.End}, {end}");
            foreach (string index in log.Recovery.DamagedIndexes)
            {
                Console.WriteLine($"warning: file {index} does not fit its segment; it is made anew when the log is written");
            }

            Console.WriteLine(LogFolder.DescribeTornTail(log.Recovery) ?? "ok");
            return ExitCodes.Ok;
        }
        catch (LogCorruptException damage)
        {
            Console.WriteLine(LogFolder.Describe(damage));
            return ExitCodes.Failed;
        }
    }

    // Opening need not look at all that was proven before; reading checks each frame whole.
    private static void ReadAll(CommitLog log, CancellationToken cancellationToken)
    {
        using LogReader reader = log.OpenReader(new LogPosition(log.Range.First.Value - 1), Durability.Os);
        while (reader.TryRead(out _))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
