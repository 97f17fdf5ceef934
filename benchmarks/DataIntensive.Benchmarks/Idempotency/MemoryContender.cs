using System.Diagnostics;
using DataIntensive.Benchmarks.Stores;

namespace DataIntensive.Benchmarks.Idempotency;

/// <summary>One of those that are compared.</summary>
internal abstract class MemoryContender(string name)
{
    private const int Replays = 500_000;

    public static MemoryContender[] All { get; } =
    [
        new OurMemoryContender(),
        new LazyDictionaryContender(),
        new MemoryCacheContender(),
        new FusionCacheContender(),
    ];

    public string Name => name;

    public MemorySample Measure(MemoryWork work, Workers workers, int threads, int keys)
    {
        Prepare(keys);
        bool isFirstRun = work == MemoryWork.FirstRun;
        if (!isFirstRun)
        {
            for (int key = 0; key < keys; key++)
            {
                FirstRun(key);
            }
        }

        int[] order = OrderOf(isFirstRun ? keys : Replays, keys, isFirstRun);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        long start = Stopwatch.GetTimestamp();
        workers.Run(worker =>
        {
            int from = order.Length / threads * worker;
            int to = order.Length / threads * (worker + 1);
            ReadOnlySpan<int> mine = order.AsSpan(from..to);
            switch (work)
            {
                case MemoryWork.Replay:
                    Replay(mine);
                    break;
                case MemoryWork.ReplayChecked:
                    ReplayChecked(mine);
                    break;
                case MemoryWork.ReplayBuilt:
                    ReplayBuilt(mine);
                    break;
                default:
                    FirstRuns(mine);
                    break;
            }
        });
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long bytes = GC.GetTotalAllocatedBytes(precise: true) - before;
        Forget();
        return new MemorySample(order.Length / seconds, (double)bytes / order.Length);
    }

    /// <summary>Makes a new, empty one, with keys that are built.</summary>
    protected abstract void Prepare(int keys);

    protected abstract void Forget();

    protected abstract int FirstRun(int key);

    protected abstract void Replay(ReadOnlySpan<int> order);

    protected virtual void ReplayChecked(ReadOnlySpan<int> order) => Replay(order);

    protected abstract void ReplayBuilt(ReadOnlySpan<int> order);

    private void FirstRuns(ReadOnlySpan<int> order)
    {
        foreach (int key in order)
        {
            FirstRun(key);
        }
    }

    private static int[] OrderOf(int length, int keys, bool each)
    {
        int[] order = new int[length];
        uint state = 2463534242;
        for (int index = 0; index < length; index++)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            order[index] = each ? index : (int)(state % (uint)keys);
        }

        return order;
    }
}
