using DataIntensive.Benchmarks.Log;
using DataIntensive.Benchmarks.Logs;

namespace DataIntensive.Benchmarks.Events;

internal static class AppendComparison
{
    private const int InMemory = 200_000;
    private const int Durable = 2_000;
    private const int Writers = 64;
    private const int Each = 200;

    public static async Task MemoryAsync(int rounds)
    {
        await EventComparison.CompareAsync(
            "append, one writer, one event",
            "in memory",
            rounds,
            InMemory,
            () =>
            {
                List<byte[]> list = [];
                for (int i = 0; i < InMemory; i++)
                {
                    list.Add(EventWorkload.Serialize(EventWorkload.At(i)));
                }

                return Task.CompletedTask;
            },
            async () =>
            {
                await using Database database = Database.InMemory(EventWorkload.Schema(), new DatabaseOptions { MemoryLogBytes = 1L << 30 });
                DatabaseEventStore store = database.Events();
                object[] one = new object[1];
                for (int i = 0; i < InMemory; i++)
                {
                    one[0] = EventWorkload.At(i);
                    await store.AppendAsync("cart-1", ExpectedVersion.Exactly(i), one);
                }
            });
    }

    public static async Task DurableAsync(int rounds)
    {
        string folder = EventComparison.NewFolder();
        await using Database database = await Database.OpenAsync(Path.Combine(folder, "ours"), EventWorkload.Schema());
        DatabaseEventStore store = database.Events();
        using SqliteEvents sqlite = new(folder);
        using BareFrames frames = new(Path.Combine(folder, "bare"), BareFileKind.Prepared);
        int sqliteStream = 0;
        await EventComparison.CompareAsync(
            "append, one writer",
            "fsync each",
            rounds,
            Durable,
            () =>
            {
                for (int i = 0; i < Durable; i++)
                {
                    frames.Add(EventWorkload.Serialize(EventWorkload.At(i)));
                    frames.Write();
                    frames.Flush();
                }

                return Task.CompletedTask;
            },
            async () =>
            {
                long version = store.Version("cart-1");
                for (int i = 0; i < Durable; i++)
                {
                    await store.AppendAsync("cart-1", ExpectedVersion.Exactly(version + i), [EventWorkload.At(i)]);
                }
            },
            () =>
            {
                sqliteStream++;
                for (int i = 0; i < Durable; i++)
                {
                    sqlite.Append($"cart-{sqliteStream}", i + 1, EventWorkload.At(i));
                }

                return Task.CompletedTask;
            });
        using BareGroup group = new(frames);
        Func<Task> bare = () => ByWritersAsync(async (_, i) => await group.AppendAsync(EventWorkload.Serialize(EventWorkload.At(i))));
        await EventComparison.CompareAsync(
            "append, 64 writers, 64 streams, with version",
            "group fsync",
            rounds,
            Writers * Each,
            bare,
            () =>
            {
                long[] versions = [.. Enumerable.Range(0, Writers).Select(writer => store.Version($"w-{writer}"))];
                return ByWritersAsync(async (writer, i) => (await store.AppendAsync($"w-{writer}", ExpectedVersion.Exactly(versions[writer] + i), [EventWorkload.At(i)])).OrThrow());
            });
        await EventComparison.CompareAsync(
            "append, 64 writers, one stream",
            "group fsync",
            rounds,
            Writers * Each,
            bare,
            () => ByWritersAsync(async (_, i) => await store.AppendAsync("all", ExpectedVersion.Any, [EventWorkload.At(i)])));
        await database.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    // The bare side is a plain append: how much a condition costs, and whether that grows with the history.
    public static async Task ConditionAsync(int rounds, int events)
    {
        const int Operations = 50_000;
        foreach (int history in new[] { events / 100, events })
        {
            await using Database database = Database.InMemory(EventWorkload.Schema(), new DatabaseOptions { MemoryLogBytes = 4L << 30 });
            DatabaseEventStore store = database.Events();
            for (int i = 0; i < history; i += 1000)
            {
                EventBatch batch = new();
                for (int j = i; j < i + 1000; j++)
                {
                    batch.Append($"cart-{j % 1000}", ExpectedVersion.Any, new EventData(EventWorkload.At(j)) { Tags = [$"course:{j % 10_000}", $"student:{j * 7 % 10_000}"] });
                }

                await store.AppendAsync(batch);
            }

            EventData[] one = new EventData[1];
            await EventComparison.CompareAsync(
                $"append under a condition over {history:N0} tagged events (bare: the same without)",
                "in memory",
                rounds,
                Operations,
                async () =>
                {
                    for (int i = 0; i < Operations; i++)
                    {
                        one[0] = new EventData(EventWorkload.At(i)) { Tags = [$"course:{i % 10_000}", $"student:{i * 7 % 10_000}"] };
                        await store.AppendAsync("cart-1", ExpectedVersion.Any, one);
                    }
                },
                async () =>
                {
                    for (int i = 0; i < Operations; i++)
                    {
                        one[0] = new EventData(EventWorkload.At(i)) { Tags = [$"course:{i % 10_000}", $"student:{i * 7 % 10_000}"] };
                        EventQuery query = EventQuery.Of(new EventQueryItem { Types = ["item-added"], Tags = one[0].Tags });
                        (await store.AppendAsync(new EventBatch().Append("cart-1", ExpectedVersion.Any, one).Unless(query, store.Head))).OrThrow();
                    }
                });
        }
    }

    private static Task ByWritersAsync(Func<int, int, Task> append) => Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
    {
        for (int i = 0; i < Each; i++)
        {
            await append(writer, i);
        }
    })));
}
