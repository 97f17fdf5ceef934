using System.Collections.Concurrent;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using DataIntensive.Stores;

namespace DataIntensive.Benchmarks.Stores;

/// <summary>
/// A key-value store in memory: a dictionary with a lock, <see cref="ConcurrentDictionary{TKey,TValue}"/>, and the standalone
/// <see cref="LinearizableStore.InMemory"/>, which also keeps revisions and versions and can be watched. Times and bytes are per operation.
/// </summary>
/// <remarks>
/// Keys are integers, so that hashing hides nothing. All threads together do a fixed number of operations over the same 1,024 keys. A
/// compare-and-set is what a caller does: it reads the key, then sets it to one more if it is still the same.
/// </remarks>
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public abstract class LockBasedStoreWorkload
{
    private const int Operations = 200_000;
    private const int Keys = 1024;

    private readonly int[] _order = new int[Operations];
    private readonly LockedDictionary<int, long> _locked = new();
    private readonly ConcurrentDictionary<int, long> _concurrent = new();
    private readonly InMemoryLinearizableStore<int, long> _ours = LinearizableStore.InMemory<int, long>();
    private Workers _workers = null!;

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        uint state = 2463534242;
        for (int index = 0; index < Operations; index++)
        {
            // Xorshift: the same keys in the same order every time, and no order that a cache could guess.
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            _order[index] = (int)(state % Keys);
        }

        for (int key = 0; key < Keys; key++)
        {
            _locked.Write(key, 0);
            _concurrent[key] = 0;
            Done(_ours.WriteAsync(key, 0));
        }

        _workers = new Workers(Threads);
    }

    [GlobalCleanup]
    public void Cleanup() => _workers.Dispose();

    [Benchmark(Baseline = true, OperationsPerInvoke = Operations)]
    [BenchmarkCategory("Read")]
    public void ReadLocked() => Run(static (self, key) => self._locked.Read(key));

    [Benchmark(OperationsPerInvoke = Operations)]
    [BenchmarkCategory("Read")]
    public void ReadConcurrent() => Run(static (self, key) => self._concurrent.TryGetValue(key, out _));

    [Benchmark(OperationsPerInvoke = Operations)]
    [BenchmarkCategory("Read")]
    public void ReadOurs() => Run(static (self, key) => self._ours.Read(key));

    [Benchmark(OperationsPerInvoke = Operations)]
    [BenchmarkCategory("Read")]
    public void ReadOursAsync() => Run(static (self, key) => Done(self._ours.ReadAsync(key)));

    [Benchmark(Baseline = true, OperationsPerInvoke = Operations)]
    [BenchmarkCategory("Write")]
    public void WriteLocked() => Run(static (self, key) => self._locked.Write(key, key));

    [Benchmark(OperationsPerInvoke = Operations)]
    [BenchmarkCategory("Write")]
    public void WriteConcurrent() => Run(static (self, key) => self._concurrent[key] = key);

    [Benchmark(OperationsPerInvoke = Operations)]
    [BenchmarkCategory("Write")]
    public void WriteOurs() => Run(static (self, key) => Done(self._ours.WriteAsync(key, key)));

    [Benchmark(Baseline = true, OperationsPerInvoke = Operations)]
    [BenchmarkCategory("CompareAndSet")]
    public void CompareAndSetLocked() => Run(static (self, key) =>
    {
        long value = self._locked.Read(key);
        self._locked.CompareAndSet(key, value, value + 1);
    });

    [Benchmark(OperationsPerInvoke = Operations)]
    [BenchmarkCategory("CompareAndSet")]
    public void CompareAndSetConcurrent() => Run(static (self, key) =>
    {
        long value = self._concurrent[key];
        self._concurrent.TryUpdate(key, value + 1, value);
    });

    [Benchmark(OperationsPerInvoke = Operations)]
    [BenchmarkCategory("CompareAndSet")]
    public void CompareAndSetOurs() => Run(static (self, key) =>
    {
        StoreEntry<long> entry = self._ours.Read(key);
        Done(self._ours.CompareAndSetAsync(key, entry.Revision, entry.Value + 1));
    });

    private void Run(Action<LockBasedStoreWorkload, int> operation) =>
        _workers.Run(worker =>
        {
            int share = Operations / Threads;
            foreach (int key in _order.AsSpan(worker * share, share))
            {
                operation(this, key);
            }
        });

    // A standalone store answers at once; were it to wait, the measurement would be of something else.
    private static T Done<T>(ValueTask<T> task) =>
        task.IsCompletedSuccessfully ? task.Result : throw new InvalidOperationException("The store in memory did not answer at once.");
}
