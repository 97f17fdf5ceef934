using System.Text.Json.Serialization;
using DataIntensive.Causal;
using Microsoft.Extensions.DependencyInjection;

namespace DataIntensive.AotSmoke;

internal sealed record Counted(int Amount);

internal sealed record CountedTwice(int Amount);

internal sealed record CountedInTens(int Tens);

[JsonSerializable(typeof(Counted))]
[JsonSerializable(typeof(CountedTwice))]
[JsonSerializable(typeof(CountedInTens))]
internal sealed partial class PatternJson : JsonSerializerContext;

/// <summary>One path through each pattern above the stores, and through the container.</summary>
internal static class Patterns
{
    public static async Task EventsAsync(string folder)
    {
        DatabaseSchema schema = new DatabaseSchema().AddEvents(events => events
            .Map("counted", 1, PatternJson.Default.Counted, tags: counted => [new EventTag("amount", $"{counted.Amount}")])
            .Map("counted-in-tens", 1, PatternJson.Default.CountedInTens)
            .Upcast<CountedInTens, Counted>(old => new Counted(old.Tens * 10)));
        Decider<int, int, Counted> decider = new(0, (amount, sum) => amount > sum + 10 ? [] : [new Counted(amount)], (sum, counted) => sum + counted.Amount);
        await using (Database database = await Database.OpenAsync(folder, schema))
        {
            DatabaseEventStore events = database.Events();
            Check.Equal(true, (await events.AppendAsync("one", ExpectedVersion.None, [new Counted(5)])).Succeeded);
            Check.Equal(false, (await events.AppendAsync("one", ExpectedVersion.None, [new Counted(5)])).Succeeded);
            Check.Equal(12, (await events.HandleAsync("one", decider, 7)).State);
            Check.Equal(2, (await events.SubscribeToEventsAsync().Skip(1).FirstAsync()).Version);
            EventBatch once = new EventBatch().Append("two", ExpectedVersion.None, new EventData(new CountedInTens(3)) { Id = new Guid(1, 2, 3, new byte[8]) }).Unless(EventQuery.Tagged("amount:9"));
            Check.Equal("True False, True True", $"{Describe(await events.AppendAsync(once))}, {Describe(await events.AppendAsync(once))}");
            Check.Equal(false, (await events.AppendAsync(new EventBatch().Unless(EventQuery.Tagged("amount:7")))).Succeeded);
            Check.Equal("5 7 30", string.Join(' ', await events.ReadAsync(EventQuery.OfType("counted")).Select(recorded => ((Counted)recorded.Data).Amount).ToListAsync()));
            Check.Equal(0, await events.ForTenant("other").ReadAllAsync().CountAsync());
            await database.SnapshotAsync();
        }

        await using Database reopened = await Database.OpenAsync(folder, schema);
        Check.Equal(12, await reopened.Events().ReadStreamAsync("one").Select(recorded => ((Counted)recorded.Data).Amount).SumAsync());
    }

    public static async Task FoldsAsync(string folder)
    {
        DatabaseSchema schema = new DatabaseSchema()
            .AddEvents(events => events
                .Map("counted", 1, PatternJson.Default.Counted)
                .Map("counted-twice", 1, PatternJson.Default.CountedTwice)
                .Upcast<CountedTwice>(twice => [new Counted(twice.Amount), new Counted(twice.Amount)], typeof(Counted)))
            .AddStore<string, int>("sums")
            .AddFoldSnapshots()
            .AddCheckpoints();
        Decider<int, int, Counted> decider = new(0, (amount, _) => [new Counted(amount)], (sum, counted) => sum + counted.Amount);
        for (int round = 1; round <= 2; round++)
        {
            await using Database database = await Database.OpenAsync(folder, schema);
            FoldSnapshots<int> snapshots = new(database.FoldSnapshots(), "sum", Codecs.Int32, foldVersion: 1, new FoldSnapshotOptions { EveryEvents = 2 });
            DeciderRepository<int, int, Counted> repository = new(database.Events(), decider, new DeciderOptions<int> { Snapshots = snapshots });
            await database.Events().AppendAsync("one", [new CountedTwice(3)]);
            Check.Equal(10 * round, (await repository.HandleAsync("one", 4)).State);
            Check.Equal(10 * round, (await repository.LoadAsync("one")).State);
            await snapshots.FlushAsync();
            Check.Equal(1, snapshots.Written);
            DatabaseStore<string, int> sums = database.Store<string, int>("sums");
            await EventSubscription.Create(
                database.Events(),
                database.Checkpoints(),
                "sums",
                EventQuery.OfType("counted"),
                (transaction, recorded) => sums.In(transaction).Update(recorded.Stream.Value, entry => entry.Value + ((Counted)recorded.Data).Amount)).RunToEndAsync();
            Check.Equal(10 * round, sums.Read("one").Value);
            await ParkAsync(database, round);
        }
    }

    // A group parks what its handler cannot handle, over a restart, and handles it when it can.
    private static async Task ParkAsync(Database database, int round)
    {
        int handled = 0;
        EventSubscription group = EventSubscription.Create(
            database.Events(),
            database.Checkpoints(),
            "group",
            EventQuery.OfType("counted"),
            async (_, _, _) =>
            {
                await Task.Yield();
                handled += round == 1 ? throw new InvalidOperationException("not yet") : 1;
            },
            new SubscriptionOptions { Members = 2, Poison = PoisonEvents.Park, HandlerTimeout = TimeSpan.FromMinutes(1) });
        await group.RunToEndAsync();
        ReplayedEvents replayed = await group.ReplayParkedAsync();
        Check.Equal(round == 1 ? 0 : 4, replayed.Handled);
        Check.Equal(round == 1 ? 2 : 0, (await database.Checkpoints().ReadDeadLettersAsync()).Count);
    }

    public static async Task CausalAsync(string folder)
    {
        DatabaseSchema schema = new DatabaseSchema().AddCausalStore<string, string>("wiki", new ReplicaId("here"));
        InMemoryCausalStore<string, string> there = CausalStore.InMemory<string, string>(new ReplicaId("there"));
        await using (Database database = await Database.OpenAsync(folder, schema))
        {
            await there.WriteAsync("page", "from there");
            await database.CausalStore<string, string>("wiki").WriteAsync("page", "from here");
            await CausalReplication.ExchangeAsync(database.CausalStore<string, string>("wiki"), there);
        }

        await using Database reopened = await Database.OpenAsync(folder, schema);
        CausalRead<string> page = await reopened.CausalStore<string, string>("wiki").ReadAsync("page");
        Check.Equal("from here, from there", string.Join(", ", page.Values));
        Check.Equal("here:1,there:1", page.Clock.ToString());
    }

    public static async Task IdempotencyAsync(string folder)
    {
        DatabaseSchema schema = new DatabaseSchema().AddIdempotency().AddStore<string, int>("counts");
        IdempotencyKey key = IdempotencyKey.Create("count", "a", 1);
        for (int round = 0; round < 2; round++)
        {
            await using Database database = await Database.OpenAsync(folder, schema);
            DatabaseStore<string, int> counts = database.Store<string, int>("counts");
            IdempotentResult<int> result = await database.Idempotency().ExecuteInTransactionAsync(key, transaction => counts.In(transaction).Update("a", entry => entry.Value + 1));
            Check.Equal(round == 0 ? IdempotencyOutcome.Executed : IdempotencyOutcome.Replayed, result.Outcome);
            Check.Equal(1, counts.Read("a").Value);
            Check.Equal(4, (await database.Idempotency().ExecuteAsync(IdempotencyKey.Create("other"), _ => new ValueTask<int>(4))).Value);
        }
    }

    public static async Task ChangesAsync(string folder)
    {
        DatabaseSchema schema = new DatabaseSchema()
            .AddTable<string, Counted>("counts", Codecs.Json("counted", PatternJson.Default.Counted))
            .AddStore<string, int>("view")
            .AddCheckpoints();
        await using (Database database = await Database.OpenAsync(folder, schema))
        {
            DatabaseChangeProducer<string, Counted> counts = database.Changes<string, Counted>("counts");
            await counts.InsertAsync("a", new Counted(1));
            await counts.UpdateAsync("a", new Counted(1), new Counted(2));
            await counts.InsertAsync("b", new Counted(3));
            await counts.DeleteAsync("b", new Counted(3));
        }

        await using Database reopened = await Database.OpenAsync(folder, schema);
        DatabaseStore<string, int> view = reopened.Store<string, int>("view");
        await ChangeConsumer.Create(reopened, "view").On<string, Counted>("counts", (transaction, change) =>
        {
            if (change.After is { } row)
            {
                view.In(transaction).Write(change.Key, row.Amount);
            }
            else
            {
                view.In(transaction).Delete(change.Key);
            }
        }).RunToEndAsync();
        Check.Equal("a=2", string.Join(", ", view.ReadAll().Select(entry => $"{entry.Key}={entry.Value.Value}")));
    }

    public static async Task StreamsAsync(string folder)
    {
        DatabaseSchema schema = new DatabaseSchema().AddEvents(events => events.Map("counted", 1, PatternJson.Default.Counted)).AddStore<string, long>("sums").AddStreams();
        await using Database database = await Database.OpenAsync(folder, schema);
        for (int i = 0; i < 10; i++)
        {
            await database.Events().AppendAsync("one", ExpectedVersion.Any, [new Counted(i)]);
        }

        DatabaseStore<string, long> sums = database.Store<string, long>("sums");
        await DataStream.FromEvents(database.Events())
            .Select(recorded => (Counted)recorded.Data)
            .WithTimestamps(counted => DateTimeOffset.UnixEpoch.AddMinutes(counted.Amount), Watermarks.BoundedOutOfOrderness(TimeSpan.Zero))
            .KeyBy(counted => counted.Amount % 2 == 0 ? "even" : "odd")
            .Window(Windows.Tumbling(TimeSpan.FromMinutes(5)))
            .Aggregate(Aggregators.Combine(Aggregators.Count<Counted>(), Aggregators.Sum<Counted>(counted => (long)counted.Amount)))
            .RunAsync(
                database,
                "sums",
                new StreamRunOptions { EndAfter = database.Visible },
                (transaction, window) => sums.In(transaction).Write($"{window.Key} {window.Window.Start:HH:mm}", window.Value.Second));
        Check.Equal("even 00:00=6, even 00:05=14, odd 00:00=4, odd 00:05=21", string.Join(", ", sums.ReadAll().Select(entry => $"{entry.Key}={entry.Value.Value}").Order(StringComparer.Ordinal)));
    }

    public static async Task ContainerAsync(string folder)
    {
        ServiceCollection services = new();
        services.AddDataIntensive(builder => builder.UseDirectory(folder).AddStore<string, int>("stock").AddIdempotency());
        await using ServiceProvider provider = services.BuildServiceProvider();
        ILinearizableStore<string, int> stock = provider.GetRequiredKeyedService<ILinearizableStore<string, int>>("stock");
        await stock.WriteAsync("a", 1);
        Check.Equal(1, provider.GetRequiredService<Database>().Store<string, int>("stock").Read("a").Value);
    }

    private static string Describe(AppendResult result) => $"{result.Succeeded} {result.IsDuplicate}";
}
