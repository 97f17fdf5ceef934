using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using DataIntensive.Benchmarks.Log;
using DataIntensive.Benchmarks.Stores;

namespace DataIntensive.Benchmarks.Databases;

/// <summary>
/// Stores in a database, beside what one would write by hand and the peers. Contenders take turns in every round, and the table shows the
/// medians of the rounds' ratios. <c>database [rounds] [keys] [--memory]</c>; the last one leaves out what needs a disk.
/// </summary>
internal static class DatabaseComparison
{
    public const int ValueBytes = 100;

    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(1);

    public static async Task<int> RunAsync(string[] args)
    {
        bool memoryOnly = args.Contains("--memory");
        args = [.. args.Where(arg => arg != "--memory")];
        int rounds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 5;
        int keys = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1_000_000;
        Console.WriteLine($"{rounds} rounds, {keys:N0} keys, {Environment.ProcessorCount} processors, .NET {Environment.Version}");
        await MemoryAsync(keys);
        CompareInMemory(rounds, keys);
        if (memoryOnly)
        {
            return 0;
        }

        await CompareDurableAsync(rounds, keys);
        await OpeningComparison.RunAsync(keys);
        return 0;
    }

    public static async Task FillAsync(Database database, string store, int keys, byte[] value)
    {
        DatabaseStore<int, byte[]> values = database.Store<int, byte[]>(store);
        for (int from = 0; from < keys; from += 1_000)
        {
            int first = from;
            await database.ExecuteAsync(
                transaction =>
                {
                    for (int key = first; key < Math.Min(first + 1_000, keys); key++)
                    {
                        values.In(transaction).Write(key, value);
                    }
                },
                Durability.Os);
        }
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    // What a key takes beside its own and its value's eight bytes; and what the database reckons.
    private static async Task MemoryAsync(int keys)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await using Database database = Database.InMemory(new DatabaseSchema().AddStore<long, long>("values"), new DatabaseOptions { MemoryLogBytes = 1024 * 1024 });
        DatabaseStore<long, long> values = database.Store<long, long>("values");
        for (int key = 0; key < keys; key++)
        {
            await values.WriteAsync(key, key);
        }

        long after = GC.GetTotalMemory(forceFullCollection: true) - (1024 * 1024);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"memory: {((after - before) / (double)keys) - 16:0} bytes a key beside key and value (long, long); reckoned {(database.StateBytes / (double)keys) - 16:0}"));
        GC.KeepAlive(values);
    }

    private static void CompareInMemory(int rounds, int keys)
    {
        using Database database = Database.InMemory(new DatabaseSchema().AddStore<int, long>("values"));
        DatabaseStore<int, long> store = database.Store<int, long>("values");
        ConcurrentDictionary<int, long> dictionary = new();
        for (int key = 0; key < keys; key++)
        {
            Await(store.WriteAsync(key, key));
            dictionary[key] = key;
        }

        int[] order = Order(keys);
        using Workers one = new(1);
        using Workers two = new(2);
        Console.WriteLine();
        Console.WriteLine("| over memory | threads | ConcurrentDictionary | ours | ratio (quarters) | bytes per operation |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (Workers workers in (Workers[])[one, two])
        {
            int threads = ReferenceEquals(workers, one) ? 1 : 2;
            Row("read", threads, rounds, 1_000_000, workers, order, key => dictionary.TryGetValue(key, out _), key => store.Read(key));
            Row("write", threads, rounds, 300_000, workers, order, key => dictionary[key] = key, key => Await(store.WriteAsync(key, key)));
        }

        Row("10 keys in a read-only transaction, to ten plain reads", 1, rounds, 100_000, one, order, key => PlainReads(store, key, keys), key => TransactionReads(database, store, key, keys));
    }

    // As `await` does: a task only for what has to be waited for.
    private static void Await(ValueTask<Revision> write)
    {
        if (write.IsCompletedSuccessfully)
        {
            _ = write.Result;
        }
        else
        {
            write.AsTask().GetAwaiter().GetResult();
        }
    }

    private static void PlainReads(DatabaseStore<int, long> store, int key, int keys)
    {
        for (int i = 0; i < 10; i++)
        {
            store.Read((key + (i * 7919)) % keys);
        }
    }

    private static void TransactionReads(Database database, DatabaseStore<int, long> store, int key, int keys)
    {
        using DatabaseTransaction transaction = database.BeginReadOnly();
        StoreTransaction<int, long> joined = store.In(transaction);
        for (int i = 0; i < 10; i++)
        {
            joined.Read((key + (i * 7919)) % keys);
        }
    }

    private static void Row(string name, int threads, int rounds, int operations, Workers workers, int[] order, Action<int> other, Action<int> ours)
    {
        List<(double Ours, double Other, double Bytes)> samples = [];
        for (int round = -1; round < rounds; round++)
        {
            (double otherRate, _) = Time(other);
            (double oursRate, double bytes) = Time(ours);
            if (round >= 0)
            {
                samples.Add((oursRate, otherRate, bytes));
            }
        }

        double[] ratios = [.. samples.Select(sample => sample.Ours / sample.Other).Order()];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {threads} | {Median(samples.Select(sample => sample.Other)) / 1e6:0.00} M/s | {Median(samples.Select(sample => sample.Ours)) / 1e6:0.00} M/s | **{Median(ratios):0.00}** ({ratios[ratios.Length / 4]:0.00}–{ratios[ratios.Length * 3 / 4]:0.00}) | {Median(samples.Select(sample => sample.Bytes)):0.0} |"));

        (double PerSecond, double Bytes) Time(Action<int> work)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            long start = Stopwatch.GetTimestamp();
            workers.Run(worker =>
            {
                int offset = worker * (order.Length / 2);
                for (int i = 0; i < operations; i++)
                {
                    work(order[(i + offset) % order.Length]);
                }
            });
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            long done = (long)operations * threads;
            return (done / seconds, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)done);
        }
    }

    private static async Task CompareDurableAsync(int rounds, int keys)
    {
        Console.WriteLine();
        Console.WriteLine($"| durable, {ValueBytes} B values | bare | ours | SQLite (WAL, FULL) | RocksDB (WAL, sync) |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach ((string name, int writers, bool isHot) in ((string, int, bool)[])[("one writer", 1, false), ("16 writers", 16, false), ("64 writers", 64, false), ("64 writers on one key, update by function", 64, true)])
        {
            Dictionary<string, List<double>> ratios = [];
            List<double> bare = [];
            for (int round = 0; round < rounds; round++)
            {
                double reference = 0;
                foreach (DurableStore store in (DurableStore[])[new BareStore(groups: writers > 1), new OurStore(), new SqliteStore(), new RocksStore()])
                {
                    double rate = await MeasureAsync(store, keys, writers, isHot);
                    reference = store is BareStore ? rate : reference;
                    (store is BareStore ? bare : List(ratios, store.Name)).Add(store is BareStore ? rate : rate / reference);
                }
            }

            string cells = string.Join(" | ", ratios.Values.Select(Cell));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {Median(bare) / 1e3:0.0} k/s | {cells} |"));
        }
    }

    private static string Cell(List<double> ratios)
    {
        double[] sorted = [.. ratios.Order()];
        return Median(sorted) == 0 ? "–" : string.Create(CultureInfo.InvariantCulture, $"{Median(sorted):0.00} ({sorted[sorted.Length / 4]:0.00}–{sorted[sorted.Length * 3 / 4]:0.00})");
    }

    private static async Task<double> MeasureAsync(DurableStore store, int keys, int writers, bool isHot)
    {
        string folder = Directory.CreateTempSubdirectory("dataintensive-database-").FullName;
        try
        {
            await using (store)
            {
                await store.OpenAsync(folder, keys, new byte[ValueBytes]);
                int[] order = Order(keys);
                int next = 0;
                Func<Func<ValueTask>?> newWriter = isHot ? store.NewHotWriter : () => store.NewWriter(() => order[(Interlocked.Increment(ref next) & int.MaxValue) % order.Length]);
                if (newWriter() is null)
                {
                    return 0;
                }

                using Writers running = Writers.Start(writers, onThreads: store.Blocks || writers == 1, () => newWriter()!);
                await Task.Delay(WarmUp);
                long before = running.Appended;
                long start = Stopwatch.GetTimestamp();
                await Task.Delay(Measured);
                double rate = (running.Appended - before) / Stopwatch.GetElapsedTime(start).TotalSeconds;
                await running.StopAsync();
                return rate;
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static List<double> List(Dictionary<string, List<double>> lists, string name)
    {
        if (!lists.TryGetValue(name, out List<double>? list))
        {
            lists[name] = list = [];
        }

        return list;
    }

    private static int[] Order(int keys)
    {
        int[] order = new int[1_000_000];
        uint state = 2463534242;
        for (int i = 0; i < order.Length; i++)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            order[i] = (int)(state % (uint)keys);
        }

        return order;
    }
}
