using System.Globalization;
using DataIntensive.Benchmarks.Stores;

namespace DataIntensive.Benchmarks.Idempotency;

/// <summary>
/// The idempotency processors beside what one would write by hand, and beside caches that run a factory once per key. Rounds take turns,
/// so that a machine that is busy with something else is so for all of them; shown are medians of the rounds' ratios.
/// <c>idempotency [rounds] [keys] [--only ROW]</c>; rows are Replay, ReplayChecked, ReplayBuilt, FirstRun, Callers and Durable. TMPDIR
/// chooses the disk.
/// </summary>
internal static class IdempotencyComparison
{
    public static async Task<int> RunAsync(string[] args)
    {
        int only = Array.IndexOf(args, "--only");
        string? row = only < 0 ? null : args[only + 1];
        int[] numbers = [.. args.Take(only < 0 ? args.Length : only).Select(arg => int.Parse(arg, CultureInfo.InvariantCulture))];
        int rounds = numbers.Length > 0 ? numbers[0] : 9;
        int keys = numbers.Length > 1 ? numbers[1] : 100_000;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rounds} rounds, {keys} keys, {Environment.ProcessorCount} processors\n"));
        MemoryWork[] works = [.. Enum.GetValues<MemoryWork>().Where(work => row is null || row == work.ToString())];
        if (works.Length > 0)
        {
            MemoryRows(works, rounds, keys);
        }

        if (row is null or "Callers")
        {
            await ManyCallersAsync();
        }

        if (row is null or "Durable")
        {
            await DurableRows.RunAsync(rounds);
        }

        return 0;
    }

    private static void MemoryRows(MemoryWork[] works, int rounds, int keys)
    {
        Console.WriteLine("| work | threads | " + string.Join(" | ", MemoryContender.All.Select(contender => contender.Name)) + " |");
        Console.WriteLine("|---|---|" + string.Concat(MemoryContender.All.Select(_ => "---|")));
        using Workers one = new(1);
        using Workers two = new(2);
        foreach (MemoryWork work in works)
        {
            Row(work, one, 1, rounds, keys);
            Row(work, two, 2, rounds, keys);
        }

        Console.WriteLine("\nA cell is operations per second, the ratio of the first column to it (middle half of the rounds), and bytes per operation.\n");
    }

    private static void Row(MemoryWork work, Workers workers, int threads, int rounds, int keys)
    {
        List<MemorySample>[] samples = [.. MemoryContender.All.Select(_ => new List<MemorySample>())];
        for (int round = -2; round < rounds; round++)
        {
            for (int turn = 0; turn < samples.Length; turn++)
            {
                int contender = (turn + round + 2) % samples.Length;
                MemorySample sample = MemoryContender.All[contender].Measure(work, workers, threads, keys);
                if (round >= 0)
                {
                    samples[contender].Add(sample);
                }
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {Name(work)} | {threads} | {string.Join(" | ", samples.Select(column => Cell(samples[0], column)))} |"));
    }

    private static string Cell(List<MemorySample> ours, List<MemorySample> other)
    {
        string rate = string.Create(CultureInfo.InvariantCulture, $"{Median(other.Select(sample => sample.PerSecond)) / 1e6:0.00} M/s");
        string bytes = string.Create(CultureInfo.InvariantCulture, $"{Median(other.Select(sample => sample.Bytes)):0} B");
        if (ReferenceEquals(ours, other))
        {
            return $"{rate}, {bytes}";
        }

        double[] ratios = [.. ours.Zip(other, (mine, theirs) => mine.PerSecond / theirs.PerSecond).Order()];
        return string.Create(CultureInfo.InvariantCulture, $"{rate}, **{Median(ratios):0.00}×** ({ratios[ratios.Length / 4]:0.00}–{ratios[ratios.Length * 3 / 4]:0.00}), {bytes}");
    }

    private static string Name(MemoryWork work) => work switch
    {
        MemoryWork.Replay => "replay of a completed key",
        MemoryWork.ReplayChecked => "the same, with its fingerprint checked",
        MemoryWork.ReplayBuilt => "the same, key and fingerprint built each time",
        _ => "first run of a new key",
    };

    // One run, and nobody's thread is taken while the others wait.
    private static async Task ManyCallersAsync()
    {
        var processor = IdempotencyProcessor.InMemory();
        IdempotencyKey key = IdempotencyKey.Create("benchmark", "many");
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int runs = 0;
        int before = ThreadPool.ThreadCount;
        Task<IdempotentResult<int>>[] callers = [.. Enumerable.Range(0, 100).Select(_ => processor.ExecuteAsync(
            key,
            async _ =>
            {
                runs++;
                await gate.Task;
                return 1;
            }).AsTask())];
        int waiting = callers.Count(caller => !caller.IsCompleted);
        int taken = ThreadPool.ThreadCount - before;
        gate.SetResult();
        await Task.WhenAll(callers);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"100 callers on one key: {runs} run, {waiting} waiting, {taken} threads taken by waiting.\n"));
    }

    internal static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
