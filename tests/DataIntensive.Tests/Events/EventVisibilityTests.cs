using DataIntensive.Logs;

namespace DataIntensive.Tests.Events;

/// <summary>What is seen of a commit that has its place in the log and is not acknowledged yet.</summary>
public sealed class EventVisibilityTests : IAsyncLifetime
{
    private readonly GatedLog _log = new();
    private Database _database = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private DatabaseEventStore Events => _database.Events();

    public async ValueTask InitializeAsync() => _database = await Database.OpenAsync(_log, new DatabaseSchema().AddEvents(TestEvents.Map));

    [Fact]
    public async Task APendingAppend_IsNotReadAndNotDelivered_UntilItIsAcknowledged()
    {
        await Events.AppendAsync("a", ExpectedVersion.None, [new Counted(0, 1)], Stop);
        await using IAsyncEnumerator<RecordedEvent> subscription = Events.SubscribeToEventsAsync(new EventPosition(1), Stop).GetAsyncEnumerator(Stop);
        Task<AppendResult> pending = await BeginPendingAppend();

        Events.Version("a").Should().Be(1);
        Events.Head.Should().Be(new EventPosition(1));
        (await Events.ReadStreamAsync("a", cancellationToken: Stop).CountAsync(Stop)).Should().Be(1);
        (await Events.ReadAllAsync(cancellationToken: Stop).CountAsync(Stop)).Should().Be(1);
        Events.Invoking(events => events.SubscribeToEventsAsync(new EventPosition(2), Stop)).Should().Throw<ArgumentOutOfRangeException>();
        ValueTask<bool> next = subscription.MoveNextAsync();
        next.IsCompleted.Should().BeFalse();

        _log.Release();
        (await pending).Version.Should().Be(2);
        (await next).Should().BeTrue();
        subscription.Current.Data.Should().Be(new Counted(0, 2));
        Events.Version("a").Should().Be(2);
    }

    [Fact]
    public async Task AConflictWithAPendingAppend_IsAnsweredWhenThatIsAcknowledged()
    {
        await Events.AppendAsync("a", ExpectedVersion.None, [new Counted(0, 1)], Stop);
        Task<AppendResult> pending = await BeginPendingAppend();

        ValueTask<AppendResult> refused = Events.AppendAsync("a", ExpectedVersion.Exactly(1), [new Counted(1, 1)], Stop);
        ValueTask<AppendResult> checkedOnly = Events.AppendAsync("a", ExpectedVersion.Exactly(2), [], Stop);
        refused.IsCompleted.Should().BeFalse();
        checkedOnly.IsCompleted.Should().BeFalse();

        _log.Release();
        await pending;
        (await refused).Conflicts.Should().Equal(new AppendConflict(AppendConflictKind.Version, "a", ExpectedVersion.Exactly(1), 2, StreamStatus.Live, default));
        (await checkedOnly).Should().Be(new AppendResult { Version = 2 });
    }

    [Fact]
    public async Task Append_WhenTheCallerIsCancelledMeanwhile_IsStoredAllTheSame()
    {
        await Events.AppendAsync("a", ExpectedVersion.None, [new Counted(0, 1)], Stop);
        using CancellationTokenSource cancel = new();
        Task<AppendResult> pending = await BeginPendingAppend();
        Task<AppendResult> cancelled = Events.AppendAsync("a", ExpectedVersion.Exactly(2), [new Counted(0, 3)], cancel.Token).AsTask();

        await cancel.CancelAsync();
        await cancelled.Awaiting(append => append).Should().ThrowAsync<OperationCanceledException>();
        _log.Release();
        await pending;

        AppendResult next = await Events.AppendAsync("a", ExpectedVersion.Exactly(3), [new Counted(0, 4)], Stop);
        next.Position.Should().Be(new EventPosition(4));
        (await Events.ReadStreamAsync("a", cancellationToken: Stop).Select(e => ((Counted)e.Data).Number).ToListAsync(Stop)).Should().Equal(1, 2, 3, 4);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    // Returns when the second event of stream a is in the log, with its commit held back.
    private async Task<Task<AppendResult>> BeginPendingAppend()
    {
        _log.Hold();
        using LogReader reader = _log.OpenReader(_log.Range.End);
        Task<AppendResult> pending = Task.Run(() => Events.AppendAsync("a", ExpectedVersion.Exactly(1), [new Counted(0, 2)], Stop).AsTask());
        await reader.WaitToReadAsync(Stop);
        return pending;
    }
}
