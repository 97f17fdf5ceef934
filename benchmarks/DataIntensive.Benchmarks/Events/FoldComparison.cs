namespace DataIntensive.Benchmarks.Events;

/// <summary>
/// Loading the state of a stream of which a snapshot is kept every 100 events, 50 events behind the newest one, over streams of growing
/// length: the rates of loads should not depend on it. Bare: deserialising these 50 events from an array.
/// </summary>
internal static class FoldComparison
{
    private const int Loads = 2_000;
    private const int Behind = 50;

    private static int _kept;

    public static async Task RunAsync(int rounds)
    {
        string folder = EventComparison.NewFolder();
        await using Database database = await Database.OpenAsync(Path.Combine(folder, "ours"), EventWorkload.Schema().AddFoldSnapshots());
        DatabaseEventStore store = database.Events();
        FoldSnapshots<int> snapshots = new(database.FoldSnapshots(), "quantity", Codecs.Int32, foldVersion: 1);
        Decider<int, int, ItemAdded> decider = new(0, (_, _) => [], (sum, item) => sum + item.Quantity);
        DeciderRepository<int, int, ItemAdded> repository = new(store, decider, new DeciderOptions<int> { CachedStreams = 0, Snapshots = snapshots });
        byte[][] tail = [.. Enumerable.Range(0, Behind).Select(i => EventWorkload.Serialize(EventWorkload.At(i)))];
        foreach (int length in (int[])[1_000, 10_000, 100_000])
        {
            StreamId stream = $"cart-{length}";
            for (int i = 0; i < length; i += 1_000)
            {
                await store.AppendAsync(stream, ExpectedVersion.Any, Enumerable.Range(i, 1_000).Select(EventWorkload.At));
            }

            await repository.LoadAsync(stream);
            await snapshots.FlushAsync();
            await store.AppendAsync(stream, ExpectedVersion.Any, Enumerable.Range(0, Behind).Select(EventWorkload.At));
            await EventComparison.CompareAsync(
                $"load of {length + Behind:N0} events with a snapshot {Behind} before the end",
                "in files",
                rounds,
                Loads,
                () =>
                {
                    for (int load = 0; load < Loads; load++)
                    {
                        Keep(tail.Sum(json => EventWorkload.Deserialize(json).Quantity));
                    }

                    return Task.CompletedTask;
                },
                async () =>
                {
                    for (int load = 0; load < Loads; load++)
                    {
                        Keep((await repository.LoadAsync(stream)).State);
                    }
                });
        }

        await database.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    // So that no work is optimised away.
    private static void Keep(int value) => Volatile.Write(ref _kept, value);
}
