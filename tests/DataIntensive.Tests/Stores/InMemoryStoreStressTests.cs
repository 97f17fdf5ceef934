using DataIntensive.Stores;

namespace DataIntensive.Tests.Stores;

/// <summary>The table of the store in memory under threads: no half entry is read, no write is lost, nothing is allocated.</summary>
public sealed class InMemoryStoreStressTests
{
    private const int Threads = 8;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reads_WhileOthersWriteAndDelete_NeverSeeHalfAValue()
    {
        InMemoryLinearizableStore<int, Wide> store = LinearizableStore.InMemory<int, Wide>();
        int found = 0;
        int broken = 0;
        await RunAsync(thread =>
        {
            uint state = (uint)thread + 1;
            for (int i = 0; i < 100_000; i++)
            {
                state = Next(state);
                int key = (int)(state % 8);
                StoreEntry<Wide> entry = store.Read(key);
                if (entry.Exists)
                {
                    Interlocked.Increment(ref found);
                    if (!entry.Value.IsWhole || entry.Version < 1 || entry.Value.Key != key)
                    {
                        Interlocked.Increment(ref broken);
                    }
                }

                if (state % 100 < 50)
                {
                    store.WriteAsync(key, new Wide(key, i), Stop).IsCompletedSuccessfully.Should().BeTrue();
                }
                else if (state % 100 < 60)
                {
                    store.DeleteAsync(key, Stop).IsCompletedSuccessfully.Should().BeTrue();
                }
            }
        });

        found.Should().BeGreaterThan(1000);
        broken.Should().Be(0);
    }

    // Each thread has its own keys, so it knows what must be there, while all share the stripes, which grow and shrink all the time.
    [Fact]
    public async Task Table_ThatGrowsAndShrinksUnderThreads_HoldsWhatEachThreadWrote()
    {
        InMemoryLinearizableStore<string, int> store = LinearizableStore.InMemory<string, int>();
        int wrong = 0;
        await RunAsync(thread =>
        {
            Dictionary<string, int> mine = [];
            uint state = (uint)thread + 1;
            for (int i = 0; i < 60_000; i++)
            {
                state = Next(state);
                string key = $"{thread}:{state % 4000}";
                bool fills = i / 10_000 % 2 == 0;
                if (state % 10 < (fills ? 8 : 1))
                {
                    mine[key] = i;
                    _ = store.WriteAsync(key, i, Stop).Result;
                }
                else if (store.DeleteAsync(key, Stop).Result != mine.Remove(key))
                {
                    Interlocked.Increment(ref wrong);
                }

                string other = $"{thread}:{Next(state) % 4000}";
                StoreEntry<int> entry = store.Read(other);
                if (entry.Exists != mine.TryGetValue(other, out int value) || entry.Value != value)
                {
                    Interlocked.Increment(ref wrong);
                }
            }
        });

        wrong.Should().Be(0);
    }

    [Fact]
    public async Task Revisions_AreNeverUsedTwice_AndGrowInEachKey()
    {
        InMemoryLinearizableStore<int, int> store = LinearizableStore.InMemory<int, int>();
        long[][] revisions = new long[Threads][];
        await RunAsync(thread =>
        {
            revisions[thread] = new long[20_000];
            for (int i = 0; i < revisions[thread].Length; i++)
            {
                revisions[thread][i] = store.WriteAsync(i % 16, thread, Stop).Result.Value;
            }
        });

        revisions.Should().AllSatisfy(own => own.Should().BeInAscendingOrder());
        revisions.SelectMany(own => own).Distinct().Count().Should().Be(Threads * 20_000);
        (await store.ReadAllAsync(Stop)).Sum(pair => pair.Value.Version).Should().Be(Threads * 20_000);
    }

    [Fact]
    public async Task ReadMany_WhileTwoKeysAreWrittenInTurn_NeverSeesThemApart()
    {
        InMemoryLinearizableStore<string, int> store = LinearizableStore.InMemory<string, int>();
        await store.WriteAsync("first", 0, Stop);
        await store.WriteAsync("second", 0, Stop);
        int apart = 0;
        await RunAsync(thread =>
        {
            for (int i = 1; i <= 20_000; i++)
            {
                if (thread == 0)
                {
                    _ = store.WriteAsync("first", i, Stop).Result;
                    _ = store.WriteAsync("second", i, Stop).Result;
                    continue;
                }

                IReadOnlyList<StoreEntry<int>> both = store.ReadManyAsync(["first", "second", "nobody"], Stop).Result;
                if (both[0].Value - both[1].Value is not (0 or 1) || both[2].Exists)
                {
                    Interlocked.Increment(ref apart);
                }
            }
        });

        apart.Should().Be(0);
    }

    // A first watch switches the store over while others write: what they write from then on must be told, all of it, in order.
    [Fact]
    public async Task FirstWatch_BegunWhileOthersWrite_MissesNothing()
    {
        for (int round = 0; round < 20; round++)
        {
            InMemoryLinearizableStore<int, int> store = LinearizableStore.InMemory<int, int>(new InMemoryStoreOptions { KeptChanges = 100_000 });
            using Barrier together = new(Threads);
            Dictionary<int, int> seen = [];
            await RunAsync(thread =>
            {
                together.SignalAndWait(Stop);
                if (thread > 0)
                {
                    for (int i = 1; i <= 2000; i++)
                    {
                        _ = store.WriteAsync(thread, i, Stop).Result;
                    }

                    return;
                }

                IAsyncEnumerable<StoreChange<int, int>> watch = store.WatchAsync(cancellationToken: Stop);
                for (int key = 1; key < Threads; key++)
                {
                    seen[key] = store.Read(key).Value;
                }

                FollowAsync(watch, seen).GetAwaiter().GetResult();
            });

            seen.Values.Should().AllBeEquivalentTo(2000);
        }
    }

    [Fact]
    public void ReadsAndWrites_OfExistingKeys_AllocateNothing()
    {
        InMemoryLinearizableStore<int, long> store = LinearizableStore.InMemory<int, long>();
        Work(store);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Work(store);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);

        static void Work(InMemoryLinearizableStore<int, long> store)
        {
            for (int i = 0; i < 1000; i++)
            {
                _ = store.Read(i);
                _ = store.ReadAsync(i).Result;
                _ = store.WriteAsync(i, i).Result;
                _ = store.UpdateAsync(i, static entry => entry.Value + 1).Result;
                _ = store.CompareAndSetAsync(i, store.Read(i).Revision, 7).Result;
            }
        }
    }

    [Fact]
    public async Task Update_WhoseFunctionUsesTheStore_RunsAgainWhenItChangedTheKeyItself()
    {
        InMemoryLinearizableStore<string, int> store = LinearizableStore.InMemory<string, int>();
        int runs = 0;

        StoreEntry<int> entry = await store.UpdateAsync(
            "a",
            current =>
            {
                if (runs++ == 0)
                {
                    _ = store.WriteAsync("a", 10, Stop).Result;
                }

                return current.Value + 1;
            },
            Stop);

        runs.Should().Be(2);
        entry.Should().Be(store.Read("a"));
        entry.Value.Should().Be(11);
    }

    [Fact]
    public async Task KeysWithOneHash_AreToldApart()
    {
        InMemoryLinearizableStore<SameHash, int> store = LinearizableStore.InMemory<SameHash, int>();
        for (int i = 0; i < 200; i++)
        {
            await store.WriteAsync(new SameHash(i), i, Stop);
        }

        for (int i = 0; i < 200; i += 2)
        {
            (await store.DeleteAsync(new SameHash(i), Stop)).Should().BeTrue();
        }

        Enumerable.Range(0, 200).Select(i => store.Read(new SameHash(i))).Should().SatisfyRespectively(
            Enumerable.Range(0, 200).Select<int, Action<StoreEntry<int>>>(i => entry => (entry.Exists, entry.Value).Should().Be((i % 2 == 1, i % 2 == 1 ? i : 0))));
    }

    private static async Task FollowAsync(IAsyncEnumerable<StoreChange<int, int>> watch, Dictionary<int, int> seen)
    {
        while (seen.Values.Any(value => value < 2000))
        {
            await foreach (StoreChange<int, int> change in watch)
            {
                // What is told again was there when the key was read; a gap would leave a value out.
                if (change.Value > seen[change.Key])
                {
                    change.Value.Should().Be(seen[change.Key] + 1);
                    seen[change.Key] = change.Value;
                }

                if (seen.Values.All(value => value == 2000))
                {
                    return;
                }
            }
        }
    }

    private static async Task RunAsync(Action<int> work) =>
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(() => work(thread), Stop, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

    private static uint Next(uint state)
    {
        state ^= state << 13;
        state ^= state >> 17;
        return state ^ (state << 5);
    }

    // Too wide to be copied at once, with references and numbers, and with a sum over all of it.
    private readonly struct Wide(int key, long number)
    {
        private readonly long _first = number;
        private readonly string _text = $"{key}/{number}";
        private readonly long _second = number * 3;
        private readonly long _third = number ^ key;

        public int Key { get; } = key;

        public bool IsWhole => _second == _first * 3 && _third == (_first ^ Key) && _text == $"{Key}/{_first}";
    }

    private readonly record struct SameHash(int Number)
    {
        public override int GetHashCode() => 42;
    }
}
