namespace DataIntensive.Tests.Events;

public sealed class EventMapTests
{
    [Fact]
    public void AddEvents_TwoTypesWithOneName_IsRefused() =>
        Declare(events => events.Map("x", 1, TestEvents.Default.Deposited).Map("x", 1, TestEvents.Default.Withdrawn)).Should().Throw<ArgumentException>();

    [Fact]
    public void AddEvents_OneTypeTwice_IsRefused() =>
        Declare(events => events.Map("x", 1, TestEvents.Default.Deposited).Map("y", 1, TestEvents.Default.Deposited)).Should().Throw<ArgumentException>();

    [Fact]
    public void AddEvents_AnAbstractType_IsRefused() =>
        Declare(events => events.Map<IComparable>("x")).Should().Throw<ArgumentException>();

    [Fact]
    public void AddEvents_VersionZeroOrNoName_IsRefused()
    {
        Declare(events => events.Map("x", 0, TestEvents.Default.Deposited)).Should().Throw<ArgumentOutOfRangeException>();
        Declare(events => events.Map(" ", 1, TestEvents.Default.Deposited)).Should().Throw<ArgumentException>();
        Declare(events => events.Map(new string('x', 257), 1, TestEvents.Default.Deposited)).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void AddEvents_TheSameEventStoreTwice_IsRefused() =>
        FluentActions.Invoking(() => new DatabaseSchema().AddEvents(TestEvents.Map).AddEvents(TestEvents.Map)).Should().Throw<ArgumentException>();

    [Fact]
    public async Task AddEvents_ByReflection_StoresTheSame()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        await using Database database = Database.InMemory(new DatabaseSchema().AddEvents(events => events.Map<NotMapped>("reflected", version: 3)));
        await database.Events().AppendAsync("a", ExpectedVersion.None, [new NotMapped(5)], stop);

        RecordedEvent read = await database.Events().ReadStreamAsync("a", cancellationToken: stop).SingleAsync(stop);

        (read.Name, read.SchemaVersion, read.Data).Should().Be(("reflected", 3, new NotMapped(5)));
    }

    [Fact]
    public void Events_NotDeclared_SaysWhatIs()
    {
        using Database database = Database.InMemory(new DatabaseSchema().AddEvents(TestEvents.Map, "audit"));

        database.Invoking(d => d.Events()).Should().Throw<InvalidOperationException>().WithMessage("*'audit'*");
    }

    private static Action Declare(Action<EventMap> map) => () => new DatabaseSchema().AddEvents(map);
}
