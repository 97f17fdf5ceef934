using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using DataIntensive.Stores;

namespace DataIntensive.Benchmarks.Stores;

/// <summary>
/// The standalone store beside <see cref="ConcurrentDictionary{TKey,TValue}"/>, over a million keys: rounds take turns, so that a machine
/// that is busy with something else is so for both, and the table shows the median of the rounds' ratios. <c>stores [rounds] [keys]</c>.
/// </summary>
internal sealed class StoreComparison : IDisposable
{
    private const int OperationsPerThread = 1_000_000;

    private readonly int _rounds;
    private readonly int[] _order = new int[OperationsPerThread];
    private readonly ConcurrentDictionary<int, long> _dictionary = new();
    private readonly InMemoryLinearizableStore<int, long> _store = LinearizableStore.InMemory<int, long>();
    private readonly Workers[] _workers = [new Workers(1), new Workers(2)];

    private StoreComparison(int rounds, int keys)
    {
        _rounds = rounds;
        uint state = 2463534242;
        for (int index = 0; index < _order.Length; index++)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            _order[index] = (int)(state % (uint)keys);
        }

        for (int key = 0; key < keys; key++)
        {
            _dictionary[key] = key;
            Done(_store.WriteAsync(key, key));
        }
    }

    public static int Run(string[] args)
    {
        int rounds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 9;
        int keys = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1_000_000;
        using StoreComparison comparison = new(rounds, keys);
        Console.WriteLine("| work | threads | ConcurrentDictionary | ours | ratio (quarters) | bytes per operation |");
        Console.WriteLine("|---|---|---|---|---|---|");
        comparison.Compare("read", new Read(comparison), new DictionaryRead(comparison));
        comparison.Compare("50:50", new Half(comparison), new DictionaryHalf(comparison));
        comparison.Compare("write", new Write(comparison), new DictionaryWrite(comparison));
        comparison.Compare("update by function", new Update(comparison), new DictionaryUpdate(comparison));
        return 0;
    }

    public void Dispose() => Array.ForEach(_workers, workers => workers.Dispose());

    private void Compare<TOurs, TOther>(string name, TOurs ours, TOther other)
        where TOurs : struct, IWork
        where TOther : struct, IWork
    {
        for (int threads = 1; threads <= _workers.Length; threads++)
        {
            List<(double Ours, double Other, double Bytes)> samples = [];
            for (int round = -2; round < _rounds; round++)
            {
                (double otherRate, _) = Measure(threads, other);
                (double oursRate, double bytes) = Measure(threads, ours);
                if (round >= 0)
                {
                    samples.Add((oursRate, otherRate, bytes));
                }
            }

            double[] ratios = [.. samples.Select(sample => sample.Ours / sample.Other).Order()];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {threads} | {Median(samples.Select(sample => sample.Other)) / 1e6:0.0} M/s | {Median(samples.Select(sample => sample.Ours)) / 1e6:0.0} M/s | **{Median(ratios):0.00}×** ({ratios[ratios.Length / 4]:0.00}–{ratios[ratios.Length * 3 / 4]:0.00}) | {Median(samples.Select(sample => sample.Bytes)):0.00} |"));
        }
    }

    private (double PerSecond, double Bytes) Measure<TWork>(int threads, TWork work)
        where TWork : struct, IWork
    {
        long before = GC.GetTotalAllocatedBytes(precise: true);
        long start = Stopwatch.GetTimestamp();
        _workers[threads - 1].Run(worker =>
        {
            // Each thread begins elsewhere in the same order.
            int offset = worker * (OperationsPerThread / threads);
            for (int index = 0; index < OperationsPerThread; index++)
            {
                int place = index + offset;
                work.Do(_order[place < OperationsPerThread ? place : place - OperationsPerThread], index);
            }
        });
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long bytes = GC.GetTotalAllocatedBytes(precise: true) - before;
        long operations = (long)threads * OperationsPerThread;
        return (operations / seconds, (double)bytes / operations);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    // A standalone store answers at once; were it to wait, the measurement would be of something else.
    private static T Done<T>(ValueTask<T> task) =>
        task.IsCompletedSuccessfully ? task.Result : throw new InvalidOperationException("The store in memory did not answer at once.");

    // Struct generics, so that each loop is compiled for its own work.
    private interface IWork
    {
        void Do(int key, int index);
    }

    private readonly struct Read(StoreComparison owner) : IWork
    {
        public void Do(int key, int index) => owner._store.Read(key);
    }

    private readonly struct DictionaryRead(StoreComparison owner) : IWork
    {
        public void Do(int key, int index) => owner._dictionary.TryGetValue(key, out _);
    }

    private readonly struct Write(StoreComparison owner) : IWork
    {
        public void Do(int key, int index) => Done(owner._store.WriteAsync(key, index));
    }

    private readonly struct DictionaryWrite(StoreComparison owner) : IWork
    {
        public void Do(int key, int index) => owner._dictionary[key] = index;
    }

    private readonly struct Half(StoreComparison owner) : IWork
    {
        public void Do(int key, int index)
        {
            if ((index & 1) == 0)
            {
                owner._store.Read(key);
            }
            else
            {
                Done(owner._store.WriteAsync(key, index));
            }
        }
    }

    private readonly struct DictionaryHalf(StoreComparison owner) : IWork
    {
        public void Do(int key, int index)
        {
            if ((index & 1) == 0)
            {
                owner._dictionary.TryGetValue(key, out _);
            }
            else
            {
                owner._dictionary[key] = index;
            }
        }
    }

    private readonly struct Update(StoreComparison owner) : IWork
    {
        public void Do(int key, int index) => Done(owner._store.UpdateAsync(key, static entry => entry.Value + 1));
    }

    private readonly struct DictionaryUpdate(StoreComparison owner) : IWork
    {
        public void Do(int key, int index) => owner._dictionary.AddOrUpdate(key, static _ => 1, static (_, value) => value + 1);
    }
}
