using System.Diagnostics;
using System.Globalization;

namespace DataIntensive.Benchmarks.Events;

/// <summary>
/// The event store beside the bare loop that does the least that the work needs, and beside an events table in SQLite. Rounds take turns, so
/// that a machine that is busy with something else is so for all; the table shows medians of the rounds' ratios.
/// <c>events [rounds] [rows…]</c>; the rows are <c>memory durable load fold group catchup condition open bytes</c>, with <c>events=n</c> for another size
/// of the last four.
/// </summary>
internal static class EventComparison
{
    public static async Task<int> RunAsync(string[] args)
    {
        int rounds = args.Length > 0 && int.TryParse(args[0], CultureInfo.InvariantCulture, out int asked) ? asked : 7;
        int events = args.FirstOrDefault(arg => arg.StartsWith("events=", StringComparison.Ordinal)) is { } size ? int.Parse(size[7..], CultureInfo.InvariantCulture) : 0;
        Console.WriteLine("| work | durability | bare | ours | SQLite (WAL, FULL) |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach ((string name, Func<Task> run) in new (string, Func<Task>)[]
        {
            ("memory", () => AppendComparison.MemoryAsync(rounds)),
            ("durable", () => AppendComparison.DurableAsync(rounds)),
            ("load", () => ReadComparison.LoadAsync(rounds)),
            ("fold", () => FoldComparison.RunAsync(rounds)),
            ("group", () => GroupComparison.RunAsync(rounds)),
            ("catchup", () => ReadComparison.CatchUpAsync(rounds, events == 0 ? 5_000_000 : events)),
            ("condition", () => AppendComparison.ConditionAsync(rounds, events == 0 ? 1_000_000 : events)),
            ("open", () => OpenComparison.RunAsync(events == 0 ? 10_000_000 : events, isMixed: false)),
            ("open", () => OpenComparison.RunAsync(events == 0 ? 10_000_000 : events, isMixed: true)),
            ("bytes", () => MemoryComparison.RunAsync(events == 0 ? 2_000_000 : events)),
        })
        {
            if (args.Length < 2 || args.Contains(name))
            {
                await run();
            }
        }

        return 0;
    }

    // Each contender runs once a round; the first round warms up. Rates are per second of the given number of operations.
    public static async Task CompareAsync(string work, string durability, int rounds, int operations, params Func<Task>?[] contenders)
    {
        List<double>[] rates = [.. contenders.Select(_ => new List<double>())];
        double allocated = 0;
        for (int round = -1; round < rounds; round++)
        {
            for (int i = 0; i < contenders.Length; i++)
            {
                if (contenders[i] is not { } contender)
                {
                    continue;
                }

                long before = GC.GetTotalAllocatedBytes(precise: true);
                long start = Stopwatch.GetTimestamp();
                await contender();
                double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                if (round >= 0)
                {
                    rates[i].Add(operations / seconds);
                    allocated = i == 1 ? (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)operations : allocated;
                }
            }
        }

        string Cell(int i) => i >= rates.Length || rates[i].Count == 0 ? "–"
            : i == 0 ? Rate(Median(rates[0]))
            : $"**{Median(rates[i].Zip(rates[0], (own, bare) => own / bare)):0.00}×** {Rate(Median(rates[i]))}{(i == 1 ? $", {allocated:0} B" : "")}";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {work} | {durability} | {Cell(0)} | {Cell(1)} | {Cell(2)} |"));
    }

    public static string Rate(double rate) => rate switch
    {
        >= 1e6 => string.Create(CultureInfo.InvariantCulture, $"{rate / 1e6:0.00} M/s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{rate / 1e3:0.0} k/s"),
    };

    public static string NewFolder() => Directory.CreateTempSubdirectory("events-").FullName;

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
