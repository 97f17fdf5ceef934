using System.Text.Json.Serialization;

namespace DataIntensive.Tests.Events;

/// <summary>Events that were stored by an older program, read by a newer one, on every path.</summary>
public sealed class EventUpcastingTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private Database? _opened;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private DatabaseEventStore Store => _opened!.Events();

    [Fact]
    public async Task OldEvents_AreReadAsTheirSuccessors_OnEveryPath()
    {
        await StoreByTheOldProgram();
        await Open(Newest);

        string[] expected = ["1.0 opened2 Ada/EUR", "2.0 put Ada+5", "2.1 noticed 5", "4.0 put Bob+7", "4.1 noticed 7"];
        Describe(await Store.ReadStreamAsync("a", cancellationToken: Stop).ToListAsync(Stop)).Should().Equal(expected);
        Describe(await Store.ReadStreamAsync("a", new EventReadOptions { Backward = true }, Stop).ToListAsync(Stop)).Should().Equal(expected.Reverse());
        Describe(await Store.ReadAllAsync(cancellationToken: Stop).ToListAsync(Stop)).Should().Equal(expected);
        Describe(await Store.SubscribeToEventsAsync(cancellationToken: Stop).Take(5).ToListAsync(Stop)).Should().Equal(expected);
        Describe(await Store.ReadAsync(EventQuery.OfType("noticed"), cancellationToken: Stop).ToListAsync(Stop)).Should().Equal(expected[2], expected[4]);
        Describe(await Store.SubscribeToEventsAsync(EventQuery.OfType("put"), cancellationToken: Stop).Take(2).ToListAsync(Stop)).Should().Equal(expected[1], expected[3]);
        (await Store.ReadAsync(EventQuery.OfType("paid"), cancellationToken: Stop).CountAsync(Stop)).Should().Be(0, "there are none any more");
        (await Store.ReadStreamAsync("a", new EventReadOptions { MaxCount = 2 }, Stop).CountAsync(Stop)).Should().Be(3, "it counts what is stored");
        List<SubscriptionStep> steps = await Store.SubscribeAsync(EventQuery.All, new SubscribeOptions { After = new EventPosition(1) }, Stop).Take(5).ToListAsync(Stop);
        steps.Select(step => step.Position.Value).Should().Equal([1, 2, 3, 4, 4], "between two of one it has not come past it");
        (await Store.AppendAsync(new EventBatch().Unless(EventQuery.OfType("noticed")).Append("b", ExpectedVersion.Any, new Opened3("x", "y", 1)), Stop)).Succeeded
            .Should().BeFalse("what is stored leads to such an event");
    }

    [Fact]
    public async Task AnOldType_AppendedByTheNewProgram_IsReadAsItsSuccessorToo()
    {
        await Open(Newest);
        await Store.AppendAsync("a", [new Opened1("Ada"), new Paid("Ada", 5), new Dropped(1)], Stop);

        Describe(await Store.ReadStreamAsync("a", cancellationToken: Stop).ToListAsync(Stop)).Should().Equal("1.0 opened2 Ada/EUR", "2.0 put Ada+5", "2.1 noticed 5");
        (await Store.VersionAsync("a", Stop)).Should().Be(3);
    }

    [Fact]
    public async Task AnUnknownEvent_FailsIsSkippedOrRaw_AsTheReaderSays()
    {
        await StoreByTheOldProgram();
        await Open(events => events.Map("paid", 1, UpcastJson.Default.Paid));

        await Store.Awaiting(store => store.ReadStreamAsync("a", cancellationToken: Stop).CountAsync(Stop).AsTask()).Should().ThrowAsync<UnknownEventException>();
        EventReadOptions skip = new() { Unknown = UnknownEvents.Skip };
        (await Store.ReadStreamAsync("a", skip, Stop).Select(e => e.Version).ToListAsync(Stop)).Should().Equal(2, 4);
        (await Store.ReadAsync(EventQuery.All, skip, Stop).Select(e => e.Version).ToListAsync(Stop)).Should().Equal(2, 4);
        List<RecordedEvent> raw = await Store.ReadStreamAsync("a", new EventReadOptions { Unknown = UnknownEvents.Raw }, Stop).ToListAsync(Stop);
        raw.Select(e => (e.Name, e.SchemaVersion)).Should().Equal(("opened", 1), ("paid", 1), ("dropped", 1), ("paid", 1));
        raw[0].Data.Should().Be(new RawEvent("""{"Owner":"Ada"}"""u8.ToArray()));
        (await Store.SubscribeAsync(EventQuery.All, new SubscribeOptions { Unknown = UnknownEvents.Skip }, Stop).Take(3).Select(step => step.Event?.Version ?? 0).ToListAsync(Stop)).Should().Equal(2, 4, 0);
    }

    [Fact]
    public void AddEvents_WithVersionsThatLeadNowhere_IsRefused()
    {
        Declare(events => events.Map("opened", 1, UpcastJson.Default.Opened1).Map("opened", 2, UpcastJson.Default.Opened2)).Should().Throw<ArgumentException>().WithMessage("*Upcast*");
        Declare(events => events.Map("opened", 1, UpcastJson.Default.Opened1).Map("opened", 1, UpcastJson.Default.Opened2)).Should().Throw<ArgumentException>();
        Declare(events => events.Map("paid", 1, UpcastJson.Default.Paid).Upcast<Paid, Noticed>(paid => new Noticed(paid.Amount))).Should().Throw<ArgumentException>("what it leads to is not mapped");
        Declare(events => events.Upcast<Paid, Noticed>(paid => new Noticed(1))).Should().Throw<ArgumentException>();
        Declare(events => events.Map("paid", 1, UpcastJson.Default.Paid).Upcast<Paid>(_ => []).Upcast<Paid>(_ => [])).Should().Throw<ArgumentException>();

        static Action Declare(Action<EventMap> map) => () => new DatabaseSchema().AddEvents(map);
    }

    [Fact]
    public async Task AnUpcaster_ThatMakesWhatItDoesNotDeclareOrGoesInCircles_IsToldOf()
    {
        await StoreByTheOldProgram();
        await Open(events => events.Map("opened", 1, UpcastJson.Default.Opened1).Map("noticed", 1, UpcastJson.Default.Noticed).Upcast<Opened1>(_ => [new Noticed(1)]));
        await Store.Awaiting(store => store.ReadStreamAsync("a", cancellationToken: Stop).CountAsync(Stop).AsTask()).Should().ThrowAsync<InvalidOperationException>().WithMessage("*declare*");
        await Close();
        await Open(events => events.Map("opened", 1, UpcastJson.Default.Opened1).Upcast<Opened1, Opened1>(old => old));
        await Store.Awaiting(store => store.ReadStreamAsync("a", cancellationToken: Stop).CountAsync(Stop).AsTask()).Should().ThrowAsync<InvalidOperationException>().WithMessage("*circle*");
    }

    public async ValueTask DisposeAsync()
    {
        await Close();
        _directory.Dispose();
    }

    private static void Newest(EventMap events) => events
        .Map("opened", 1, UpcastJson.Default.Opened1)
        .Map("opened", 2, UpcastJson.Default.Opened2)
        .Map("opened", 3, UpcastJson.Default.Opened3)
        .Upcast<Opened1, Opened2>(old => new Opened2(old.Owner, "EUR"))
        .Upcast<Opened2, Opened3>(old => new Opened3(old.Owner, old.Currency, 2))
        .Map("paid", 1, UpcastJson.Default.Paid)
        .Map("put", 1, UpcastJson.Default.Put)
        .Map("noticed", 1, UpcastJson.Default.Noticed)
        .Upcast<Paid>(paid => [new Put(paid.Owner, paid.Amount), new Noticed(paid.Amount)], typeof(Put), typeof(Noticed))
        .Map("dropped", 1, UpcastJson.Default.Dropped)
        .Upcast<Dropped>(_ => []);

    private static IEnumerable<string> Describe(IEnumerable<RecordedEvent> events) => events.Select(e => $"{e.Version}.{e.SubIndex} {e.Data switch
    {
        Opened3 opened => $"opened{opened.Since} {opened.Owner}/{opened.Currency}",
        Put put => $"{e.Name} {put.Owner}+{put.Amount}",
        Noticed noticed => $"{e.Name} {noticed.Amount}",
        _ => "something else",
    }}");

    private async Task StoreByTheOldProgram()
    {
        await Open(events => events.Map("opened", 1, UpcastJson.Default.Opened1).Map("paid", 1, UpcastJson.Default.Paid).Map("dropped", 1, UpcastJson.Default.Dropped));
        await Store.AppendAsync("a", [new Opened1("Ada"), new Paid("Ada", 5), new Dropped(1), new Paid("Bob", 7)], Stop);
        await Close();
    }

    private ValueTask Close() => _opened?.DisposeAsync() ?? default;

    private async Task Open(Action<EventMap> map) => _opened = await Database.OpenAsync(_directory.Path, new DatabaseSchema().AddEvents(map), cancellationToken: Stop);
}

internal sealed record Opened1(string Owner);

internal sealed record Opened2(string Owner, string Currency);

internal sealed record Opened3(string Owner, string Currency, int Since);

internal sealed record Paid(string Owner, int Amount);

internal sealed record Put(string Owner, int Amount);

internal sealed record Noticed(int Amount);

internal sealed record Dropped(int Number);

[JsonSerializable(typeof(Opened1))]
[JsonSerializable(typeof(Opened2))]
[JsonSerializable(typeof(Opened3))]
[JsonSerializable(typeof(Paid))]
[JsonSerializable(typeof(Put))]
[JsonSerializable(typeof(Noticed))]
[JsonSerializable(typeof(Dropped))]
internal sealed partial class UpcastJson : JsonSerializerContext;
