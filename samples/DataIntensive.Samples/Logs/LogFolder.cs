using System.CommandLine;
using DataIntensive.Logs;

namespace DataIntensive.Samples.Logs;

/// <summary>A folder with a log, opened so that nothing in it changes; another process may be writing it.</summary>
internal static class LogFolder
{
    public static Argument<string> Argument() => new("DIR") { Description = "A folder with a log, or with a database." };

    /// <returns>Null, with one line on standard error, when there is no log to open.</returns>
    /// <exception cref="LogCorruptException">A file is damaged.</exception>
    public static async Task<CommitLog?> OpenAsync(string folder, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder))
        {
            await Console.Error.WriteLineAsync($"There is no folder '{folder}'.");
            return null;
        }

        if (!Directory.EnumerateFiles(folder, "*.seg").Any() && !File.Exists(Path.Combine(folder, "MANIFEST")))
        {
            await Console.Error.WriteLineAsync($"The folder '{folder}' holds no log.");
            return null;
        }

        return await CommitLog.OpenAsync(folder, new CommitLogOptions { OpenMode = LogOpenMode.ReadOnly }, cancellationToken);
    }

    public static string Describe(LogCorruptException damage) =>
        $"corrupt: file {damage.File}, offset {damage.Offset}, expected {damage.Expected}, found {damage.Found}";

    /// <summary>Null when the log's end is whole.</summary>
    public static string? DescribeTornTail(LogRecoveryReport report) => report.TornBytes == 0
        ? null
        : $"torn tail: file {report.TornFile}, offset {report.TornOffset}, {report.TornBytes} bytes";
}
