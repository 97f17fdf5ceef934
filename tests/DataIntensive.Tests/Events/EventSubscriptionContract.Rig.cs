namespace DataIntensive.Tests.Events;

public abstract partial class EventSubscriptionContract
{
    private protected abstract ValueTask<Database> OpenAsync();

    // Keeps what was written, where that is possible.
    private protected abstract ValueTask ReopenAsync();

    protected abstract ValueTask CloseAsync();

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(1, Stop);
        }
    }

    private static Running Run(EventSubscription subscription) => new(subscription);

    private EventSubscription Collecting(string name, EventQuery query, Action<RecordedEvent> handle, SubscriptionOptions? options = null) =>
        EventSubscription.Create(
            Events,
            Database.Checkpoints(),
            name,
            query,
            (recorded, _) =>
            {
                handle(recorded);
                return ValueTask.CompletedTask;
            },
            options);

    private EventSubscription Writing(string name, SubscriptionOptions options, Action<int> before) =>
        EventSubscription.Create(
            Events,
            Database.Checkpoints(),
            name,
            EventQuery.All,
            (transaction, recorded) =>
            {
                before(((Counted)recorded.Data).Number);
                Effects.In(transaction).Update(recorded.Position.Value, entry => entry.Value + 1);
            },
            options);

    private async Task AppendAsync(StreamId stream, int count)
    {
        for (int i = 0; i < count; i++)
        {
            (await Events.AppendAsync(stream, ExpectedVersion.Any, [new Counted(0, (int)Events.Version(stream) + 1)], Stop)).OrThrow();
        }
    }

    private sealed class Running : IDisposable
    {
        private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        private readonly Task _run;

        public Running(EventSubscription subscription)
        {
            _run = subscription.RunAsync(_stop.Token);
        }

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await FluentActions.Awaiting(() => _run).Should().ThrowAsync<OperationCanceledException>();
        }

        public void Dispose()
        {
            _stop.Cancel();
            ((IAsyncResult)_run).AsyncWaitHandle.WaitOne();
            _stop.Dispose();
        }
    }
}

public sealed class MemoryEventSubscriptionTests : EventSubscriptionContract
{
    private protected override ValueTask<Database> OpenAsync() => new(Database.InMemory(Schema, new DatabaseOptions { TimeProvider = Time }));

    private protected override ValueTask ReopenAsync() => ValueTask.CompletedTask;

    protected override ValueTask CloseAsync() => Database.DisposeAsync();
}

public sealed class LoggedEventSubscriptionTests : EventSubscriptionContract
{
    private readonly TemporaryDirectory _directory = new();

    private protected override async ValueTask<Database> OpenAsync() => await Database.OpenAsync(_directory.Path, Schema, new DatabaseOptions { TimeProvider = Time }, Stop);

    private protected override async ValueTask ReopenAsync()
    {
        await Database.DisposeAsync();
        Database = await OpenAsync();
    }

    protected override async ValueTask CloseAsync()
    {
        await Database.DisposeAsync();
        _directory.Dispose();
    }
}
