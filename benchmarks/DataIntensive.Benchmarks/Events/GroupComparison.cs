namespace DataIntensive.Benchmarks.Events;

/// <summary>
/// Events handled by a group, of one member and of eight, beside the plain transactional subscription, which commits up to a hundred events
/// at once. The handler waits for nothing, so this is what the group costs; in files each of its events is a commit with an fsync, shared
/// by as many as there are members.
/// </summary>
internal static class GroupComparison
{
    private const int InMemory = 50_000;
    private const int Durable = 2_000;
    private const int Streams = 100;

    private static int _runs;

    public static async Task RunAsync(int rounds)
    {
        await using (Database database = Database.InMemory(Schema, new DatabaseOptions { MemoryLogBytes = 2L << 30 }))
        {
            await CompareAsync(database, "in memory", rounds, InMemory);
        }

        string folder = EventComparison.NewFolder();
        await using (Database database = await Database.OpenAsync(folder, Schema))
        {
            await CompareAsync(database, "in files, fsync", rounds, Durable);
        }

        Directory.Delete(folder, recursive: true);
    }

    private static DatabaseSchema Schema => EventWorkload.Schema().AddCheckpoints().AddStore<long, long>("effects");

    private static async Task CompareAsync(Database database, string durability, int rounds, int events)
    {
        for (int i = 0; i < events; i += 10)
        {
            await database.Events().AppendAsync($"cart-{i / 10 % Streams}", ExpectedVersion.Any, Enumerable.Range(i, 10).Select(EventWorkload.At));
        }

        DatabaseStore<long, long> effects = database.Store<long, long>("effects");
        foreach (bool writes in new[] { false, true })
        {
            foreach (int members in new[] { 1, 8 })
            {
                await EventComparison.CompareAsync(
                    $"a group of {members}, a handler that {(writes ? "writes one entry" : "does nothing")} (bare: a plain subscription)",
                    durability,
                    rounds,
                    events,
                    () => EventSubscription.Create(database.Events(), database.Checkpoints(), NextName(), EventQuery.All, Handle).RunToEndAsync(),
                    () => EventSubscription.Create(
                        database.Events(),
                        database.Checkpoints(),
                        NextName(),
                        EventQuery.All,
                        (transaction, recorded, _) =>
                        {
                            Handle(transaction, recorded);
                            return ValueTask.CompletedTask;
                        },
                        new SubscriptionOptions { Members = members }).RunToEndAsync());
            }

            void Handle(DatabaseTransaction transaction, RecordedEvent recorded)
            {
                if (writes)
                {
                    effects.In(transaction).Write(recorded.Position.Value, recorded.Version);
                }
            }
        }
    }

    // A consumer of its own, so that it begins at the first event.
    private static string NextName() => $"run-{++_runs}";
}
