namespace DataIntensive.Benchmarks.Events;

internal static class ReadComparison
{
    private const int StreamLength = 1_000;
    private const int Loads = 100;

    public static async Task LoadAsync(int rounds)
    {
        string folder = EventComparison.NewFolder();
        await using Database database = await Database.OpenAsync(Path.Combine(folder, "ours"), EventWorkload.Schema());
        DatabaseEventStore store = database.Events();
        using SqliteEvents sqlite = new(folder, isFull: false);
        sqlite.Run("BEGIN");
        for (int i = 0; i < StreamLength; i++)
        {
            sqlite.Append("cart-1", i + 1, EventWorkload.At(i));
        }

        // Clustered: in commits of ten, nothing between them. Scattered: one in fifty of all events.
        for (int i = 0; i < StreamLength; i += 10)
        {
            await store.AppendAsync("near-1", ExpectedVersion.Any, Enumerable.Range(i, 10).Select(EventWorkload.At));
        }

        for (int i = 0; i < StreamLength; i++)
        {
            await store.AppendAsync(new EventBatch().Append("far-1", ExpectedVersion.Any, EventWorkload.At(i)).Append("others", ExpectedVersion.Any, Enumerable.Range(0, 49).Select(EventWorkload.At)));
        }

        byte[][] array = [.. Enumerable.Range(0, StreamLength).Select(i => EventWorkload.Serialize(EventWorkload.At(i)))];
        await CompareLoadsAsync("clustered", rounds, array, store, "near-1", sqlite);
        await CompareLoadsAsync("scattered, loaded again and again", rounds, array, store, "far-1", sqlite);
        await database.DisposeAsync();

        await using Database uncached = await Database.OpenAsync(Path.Combine(folder, "ours"), EventWorkload.Schema(), new DatabaseOptions { Log = new CommitLogOptions { RecordCacheBytes = 0 } });
        await CompareLoadsAsync("scattered, each event read from the file", rounds, array, uncached.Events(), "far-1", sqlite);
        sqlite.Run("COMMIT");
        await uncached.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    public static async Task CatchUpAsync(int rounds, int events)
    {
        string folder = EventComparison.NewFolder();
        await using Database database = await OpenComparison.FillAsync(folder, events);
        await EventComparison.CompareAsync(
            $"subscription catch-up over {events:N0} events (bare: scan of the log and deserialise)",
            "in files",
            Math.Min(rounds, 3),
            events,
            () =>
            {
                int sum = 0;
                byte[] json = EventWorkload.Serialize(EventWorkload.At(1));
                using DataIntensive.Logs.LogReader reader = database.Log.OpenReader();
                while (reader.TryRead(out DataIntensive.Logs.LogRecord record))
                {
                    sum += EventWorkload.Deserialize(json).Quantity + record.Body.Length;
                }

                Keep(sum);
                return Task.CompletedTask;
            },
            async () =>
            {
                int sum = 0;
                int seen = 0;
                await foreach (RecordedEvent recorded in database.Events().SubscribeToEventsAsync())
                {
                    sum += ((ItemAdded)recorded.Data).Quantity;
                    if (++seen == events)
                    {
                        break;
                    }
                }

                Keep(sum);
            });
        await database.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static Task CompareLoadsAsync(string layout, int rounds, byte[][] array, DatabaseEventStore store, StreamId stream, SqliteEvents sqlite) =>
        EventComparison.CompareAsync(
            $"load and fold 1,000 events, {layout}",
            "in files",
            rounds,
            Loads * StreamLength,
            () =>
            {
                for (int load = 0; load < Loads; load++)
                {
                    Keep(array.Sum(json => EventWorkload.Deserialize(json).Quantity));
                }

                return Task.CompletedTask;
            },
            async () =>
            {
                for (int load = 0; load < Loads; load++)
                {
                    int sum = 0;
                    await foreach (RecordedEvent recorded in store.ReadStreamAsync(stream))
                    {
                        sum += ((ItemAdded)recorded.Data).Quantity;
                    }

                    Keep(sum);
                }
            },
            () =>
            {
                for (int load = 0; load < Loads; load++)
                {
                    Keep(sqlite.Fold("cart-1"));
                }

                return Task.CompletedTask;
            });

    // So that no work is optimised away.
    private static void Keep(int value) => Volatile.Write(ref _kept, value);

    private static int _kept;
}
