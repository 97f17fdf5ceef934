using DataIntensive.Events;

namespace DataIntensive.CrashHost;

/// <summary>
/// One life of a process that appends events and has a group handle them: what it does for each, and in which order for each key, is kept in
/// the database. Some events are poison, so that they are parked, and what is behind them with them.
/// </summary>
internal sealed class GroupLife(string folder, ulong seed, int writers, Acknowledgements acknowledgements)
{
    private const string Name = "group";
    private const string Effects = "effects";
    private const string Orders = "orders";

    // Writers go ahead so far only: the checks stay quick, and a kill finds the group at events that it has just been given.
    private const int MostAhead = 150;

    public static DatabaseOptions Options => EventsLife.Options;

    public static DatabaseSchema MakeSchema() => EventsLife.MakeSchema().AddCheckpoints().AddStore<long, int>(Effects).AddStore<string, string>(Orders);

    public static string StreamOf(int writer) => EventsLife.StreamOf(writer);

    // Three keys of a writer at a time, and new ones soon: each comes to an end at its first poison.
    public static string KeyOf(CrashEvent written) => $"{written.Writer}.{written.Sequence / 16}.{written.Index % 3}";

    public static string PlaceOf(CrashEvent written) => $"{written.Sequence}.{written.Index}";

    public static bool IsPoison(CrashEvent written) => (written.Sequence * 31 + written.Index * 7 + written.Writer) % 41 == 0;

    /// <summary>How often each event had its effect, by its position.</summary>
    public static Dictionary<long, int> EffectsIn(Database database) => database.Store<long, int>(Effects).ReadAll().ToDictionary(entry => entry.Key, entry => entry.Value.Value);

    /// <summary>The places of a key's events, as they had their effects.</summary>
    public static string[] OrderIn(Database database, string key) => (database.Store<string, string>(Orders).Read(key).Value ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public static LogPosition CheckpointIn(Database database) => database.Checkpoints().Read(Name);

    /// <summary>The group; when it is mended, nothing is poison to it.</summary>
    public static EventSubscription GroupOf(Database database, bool isMended)
    {
        DatabaseStore<long, int> effects = database.Store<long, int>(Effects);
        DatabaseStore<string, string> orders = database.Store<string, string>(Orders);
        return EventSubscription.Create(
            database.Events(),
            database.Checkpoints(),
            Name,
            EventQuery.All,
            async (transaction, recorded, _) =>
            {
                CrashEvent written = (CrashEvent)recorded.Data;
                effects.In(transaction).Update(recorded.Position.Value, entry => entry.Value + 1);
                orders.In(transaction).Update(KeyOf(written), entry => $"{entry.Value} {PlaceOf(written)}");
                await Task.Yield();
                if (!isMended && IsPoison(written))
                {
                    throw new InvalidDataException("poison");
                }
            },
            new SubscriptionOptions
            {
                Members = 4,
                MaxInFlight = 50,
                KeyOf = recorded => KeyOf((CrashEvent)recorded.Data),
                MaxAttempts = 2,
                RetryDelay = TimeSpan.FromMilliseconds(1),
                Poison = PoisonEvents.Park,
                MaxParked = 100_000,
                EventsPerCheckpoint = 20,
            });
    }

    public async Task RunAsync()
    {
        await using Database database = await Database.OpenAsync(folder, MakeSchema(), Options);
        long[] last = new long[writers];
        await foreach (RecordedEvent recorded in database.Events().ReadAllAsync())
        {
            CrashEvent found = (CrashEvent)recorded.Data;
            last[found.Writer] = found.Sequence;
        }

        acknowledgements.Opened();
        EventSubscription group = GroupOf(database, isMended: false);
        Task running = group.RunAsync();
        await await Task.WhenAny([running, .. Enumerable.Range(0, writers).Select(writer => Task.Run(() => AppendAsync(database, group, writer, last[writer])))]);
    }

    // What is told as the position is the checkpoint that was seen then.
    private async Task AppendAsync(Database database, EventSubscription group, int writer, long last)
    {
        for (long sequence = last + 1; ; sequence++)
        {
            EventData[] batch = [.. Enumerable.Range(0, new CrashCommit(seed, writer, sequence).Records).Select(index => new EventData(new CrashEvent(writer, sequence, index, "")))];
            AppendResult result = (await database.Events().AppendAsync(StreamOf(writer), ExpectedVersion.Any, batch)).OrThrow();
            acknowledgements.Acknowledged(writer, sequence, CheckpointIn(database));
            await group.WaitForAsync(new EventPosition(Math.Max(0, result.Position.Value - MostAhead)));
        }
    }
}
