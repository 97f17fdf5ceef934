using System.Globalization;
using System.Runtime.InteropServices;

namespace DataIntensive.Benchmarks.Log;

/// <summary>
/// Compares the log with a bare loop and with its peers, side by side in one process: in every round each contender does each work
/// once, so that whatever else the machine does meets all of them. Shown are medians over the rounds of the ratio to the bare loop
/// of the same round.
/// </summary>
internal static class LogComparison
{
    private const int WarmUpRounds = 2;
    private const string Notes = """
        × is the ratio to the bare loop in the first column, in brackets the middle half of the rounds. The bare loop writes the same bytes
        with the same CRC-32C; with waiting writers it is one loop that writes and flushes once for all that wait. In "many commits"
        only the last commit asks for the disk. RocksDB and SQLite also keep an index over the records. SQLite's writers take turns on
        one connection; in "many commits" all but its last one run with synchronous=NORMAL. DotNext's log takes one commit at a time:
        one task commits for all that wait. FasterLog opens by its last commit record and checks nothing.
        """;

    private const Work Bulk = Work.BulkOneCommit | Work.BulkManyCommits;
    private const Work Durable = Work.OneWriter | Work.WaitingWriters;
    private const Work All = Bulk | Durable | Work.Scan | Work.Recovery;

    public static async Task<int> RunAsync(string[] args)
    {
        if (LogComparisonOptions.Parse(args, out string error) is not { } options)
        {
            await Console.Error.WriteLineAsync($"{error}\n{LogComparisonOptions.Usage}");
            return 2;
        }

        List<LogWorkload> rows = [.. Rows().Where(row => Matches(options.Only, row.Name))];
        List<Contender> contenders = [.. await ContendersAsync(options)];
        ComparisonTable table = new(contenders);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{options.Rounds} rounds, {Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}; the log's files are {(contenders[0].Name.Contains("prepared", StringComparison.Ordinal) ? "prepared" : "growing")}."));
        foreach (LogWorkload row in rows)
        {
            Console.Error.WriteLine(row.Name);
            table.Add(row, await MeasureRowAsync(row, contenders, options));
        }

        Console.WriteLine(table);
        Console.WriteLine($"\n{Notes}");
        return 0;
    }

    private static IEnumerable<LogWorkload> Rows()
    {
        foreach ((string size, int bytes) in new[] { ("128 B", 128), ("256 B", 256), ("1 KiB", 1024) })
        {
            yield return new LogWorkload($"bulk append {size}, one commit", Work.BulkOneCommit, bytes);
        }

        foreach ((string size, int bytes) in new[] { ("128 B", 128), ("256 B", 256), ("1 KiB", 1024) })
        {
            yield return new LogWorkload($"bulk append {size}, many commits", Work.BulkManyCommits, bytes);
        }

        yield return new LogWorkload("durable append, one writer", Work.OneWriter, 256);
        yield return new LogWorkload("durable append of 1 MiB, one writer", Work.OneWriter, 1024 * 1024);
        foreach (int writers in new[] { 16, 64, 256 })
        {
            yield return new LogWorkload(string.Create(CultureInfo.InvariantCulture, $"durable append, {writers} waiting writers"), Work.WaitingWriters, 256, writers);
        }

        yield return new LogWorkload("scan back 128 B, warm", Work.Scan, 128);
        yield return new LogWorkload("recovery (open), warm", Work.Recovery, 128);
        yield return new LogWorkload("allocation an append, one writer", Work.OneWriter, 256, allocation: true);
        yield return new LogWorkload("allocation an append, 64 waiting writers", Work.WaitingWriters, 256, 64, allocation: true);
        yield return new LogWorkload("allocation an append, many in flight", Work.BulkManyCommits, 256, allocation: true);
    }

    // The first one is what the ratios refer to: the bare loop on a file that is made as the log makes its own.
    private static async Task<IEnumerable<Contender>> ContendersAsync(LogComparisonOptions options)
    {
        BareContender growing = new("bare, growing file", "fsync", All, BareFileKind.Growing);
        BareContender prepared = new("bare, prepared file", "fsync", Bulk | Durable, BareFileKind.Prepared);
        BareContender preparedToo = new("bare, prepared file", "fsync", All, BareFileKind.Prepared);
        BareContender growingOnly = new("bare, growing file", "fsync", Bulk | Durable, BareFileKind.Growing);
        bool ourFilesArePrepared = await PreparesItsFilesAsync();
        List<Contender> others =
        [
            new OurContender("ours", All),
            new OurContender("ours, O_DIRECT", Bulk, directWrites: true),
            new BareContender("bare, O_DIRECT", "fsync", Bulk, BareFileKind.Direct),
            new FasterContender("FasterLog", All),
#if TSAVORITE
            new TsavoriteContender("TsavoriteLog", Tsavorite.core.DeviceType.RandomAccess, Bulk),
#endif
            new RocksContender("RocksDB", Bulk | Durable | Work.Scan),
            new SqliteContender("SQLite", Bulk | Durable | Work.Scan),
            new DotNextContender("DotNext WAL", Work.BulkOneCommit | Durable),
        ];
        return (ourFilesArePrepared ? [preparedToo, growingOnly] : (Contender[])[growing, prepared])
            .Concat(others.Where(contender => Matches(options.OnlyContenders, contender.Name)));
    }

    private static bool Matches(List<string> parts, string name) =>
        parts.Count == 0 || parts.Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase));

    private static async Task<bool> PreparesItsFilesAsync()
    {
        string folder = Directory.CreateTempSubdirectory("dataintensive-log-").FullName;
        try
        {
            await using CommitLog log = await CommitLog.OpenAsync(folder);
            await log.AppendAsync(new byte[1]);
            return new DirectoryInfo(folder).EnumerateFiles().Any(file => file.Length >= 64 * 1024);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Dictionary<Contender, List<Sample>>> MeasureRowAsync(LogWorkload row, List<Contender> all, LogComparisonOptions options)
    {
        List<Contender> contenders = [.. all.Where(contender => contender.Can(row.Work))];
        Dictionary<Contender, List<Sample>> samples = contenders.ToDictionary(contender => contender, _ => new List<Sample>());
        string folder = Directory.CreateTempSubdirectory("dataintensive-log-").FullName;
        try
        {
            // The rounds before the first one compile, and for reading also fill the files and the page cache.
            for (int round = -WarmUpRounds; round < options.Rounds; round++)
            {
                for (int turn = 0; turn < contenders.Count; turn++)
                {
                    Contender contender = contenders[(turn + round + WarmUpRounds) % contenders.Count];
                    Sample sample = await MeasureAsync(row, contender, Path.Combine(folder, $"{contenders.IndexOf(contender)}"), options);
                    if (round >= 0)
                    {
                        samples[contender].Add(sample);
                    }
                }
            }
        }
        finally
        {
            foreach (Contender contender in contenders)
            {
                await contender.DisposeAsync();
            }

            Directory.Delete(folder, recursive: true);
        }

        return samples;
    }

    private static async Task<Sample> MeasureAsync(LogWorkload row, Contender contender, string folder, LogComparisonOptions options)
    {
        Directory.CreateDirectory(folder);
        GC.Collect();
        Sample sample = await row.MeasureAsync(contender, folder, options);
        if (row.Work is not (Work.Scan or Work.Recovery))
        {
            Directory.Delete(folder, recursive: true);
        }

        return sample;
    }
}
