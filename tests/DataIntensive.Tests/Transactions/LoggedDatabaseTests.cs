using DataIntensive.Storage;
using DataIntensive.Tests.Storage;

namespace DataIntensive.Tests.Transactions;

public sealed class LoggedDatabaseTests : DatabaseContract
{
    private static readonly CommitLogOptions NoMarks = new() { IdleMarkDelay = Timeout.InfiniteTimeSpan };

    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public async Task Execute_ManyOnOneKeyAtOnce_ShareTheirFsyncs()
    {
        FailingStorage storage = new(new MemoryStorage());
        await using Database database = await Database.OpenAsync(await CommitLog.OpenAsync(storage, NoMarks, Stop), Schema, cancellationToken: Stop);
        DatabaseStore<string, int> store = database.Store<string, int>("left");
        await store.WriteAsync("hot", 0, Stop);
        ManualResetEventSlim hold = new(initialState: false);
        storage.HoldFlushes = hold;
        storage.CountFromHere();

        Task<StoreEntry<int>>[] updates = [.. Enumerable.Range(0, 64).Select(_ => Task.Run(async () => await store.UpdateAsync("hot", entry => entry.Value + 1, Stop)))];
        SpinWait.SpinUntil(() => database.Log.Range.End.Value - database.Visible.Value == 64, TimeSpan.FromSeconds(30)).Should().BeTrue();
        store.Read("hot").Value.Should().Be(0, "nothing is visible before it is durable");
        hold.Set();
        await Task.WhenAll(updates);

        store.Read("hot").Value.Should().Be(64);
        storage.Flushes.Should().BeLessThanOrEqualTo(3);
    }

    [Fact]
    public async Task Execute_WhenTheLogMustMakeRoom_RunsItsFunctionOnceAndKeepsTheOrderOfTheCalls()
    {
        CommitLogOptions narrow = new() { SegmentBytes = 64 * 1024, MaxPendingBytes = 2 * 1024 };
        using ManualResetEventSlim hold = new(initialState: true);
        FailingStorage storage = new(new MemoryStorage()) { HoldFlushes = hold };
        await using Database database = await Database.OpenAsync(await CommitLog.OpenAsync(storage, narrow, Stop), Schema, cancellationToken: Stop);
        DatabaseStore<string, int> store = database.Store<string, int>("left");
        await store.WriteAsync("before", 1, Stop);
        hold.Reset();
        Task<Revision> slow = Task.Run(async () => await store.WriteAsync("slow", 1, Stop));
        SpinWait.SpinUntil(() => database.Log.Range.End > database.Visible, TimeSpan.FromSeconds(30)).Should().BeTrue();
        int runs = 0;
        List<Task<(int Seen, int Own)>> calls = [];
        int waited = 0;
        for (int i = 1; i <= 2_000; i++)
        {
            int own = i;
            calls.Add(database.ExecuteAsync(
                transaction =>
                {
                    runs++;
                    int seen = store.In(transaction).Read("last").Value;
                    store.In(transaction).Write("last", own);
                    return (seen, own);
                },
                cancellationToken: Stop).AsTask());
            waited += runs < i ? 1 : 0;
        }

        hold.Set();
        await slow;
        (int Seen, int Own)[] results = await Task.WhenAll(calls);

        results.Should().OnlyContain(result => result.Seen == result.Own - 1);
        runs.Should().Be(2_000);
        waited.Should().BeGreaterThan(0, "some calls had to wait for room");
    }

    [Fact]
    public async Task Refusal_ThatRestsOnAPendingCommit_IsAnsweredWhenThatOneIsDurable()
    {
        FailingStorage storage = new(new MemoryStorage());
        await using Database database = await Database.OpenAsync(await CommitLog.OpenAsync(storage, NoMarks, Stop), Schema, cancellationToken: Stop);
        DatabaseStore<string, int> store = database.Store<string, int>("left");
        ManualResetEventSlim hold = new(initialState: false);
        storage.HoldFlushes = hold;
        Task<Revision> pending = Task.Run(async () => await store.WriteAsync("a", 1, Stop));
        SpinWait.SpinUntil(() => database.Log.Range.End > database.Visible, TimeSpan.FromSeconds(30)).Should().BeTrue();

        Task<CompareAndSetResult<int>> refused = Task.Run(async () => await store.AddAsync("a", 2, Stop));
        await Task.Delay(50, Stop);
        refused.IsCompleted.Should().BeFalse();
        hold.Set();

        (await refused).Succeeded.Should().BeFalse();
        (await refused).Current.Revision.Should().Be(await pending);
    }

    [Fact]
    public async Task DiskFailure_WithNoCommitUnderWay_IsKnownAfterTheFirstRefusal()
    {
        FailingStorage storage = new(new MemoryStorage());
        CommitLog log = await CommitLog.OpenAsync(storage, new CommitLogOptions { IdleMarkDelay = Timeout.InfiniteTimeSpan }, Stop);
        await using Database database = await Database.OpenAsync(log, new DatabaseSchema().AddStore<string, int>("stock"), cancellationToken: Stop);

        // As when the log notes how far it is proven, or prepares space: none of the database's commits is told.
        storage.CountFromHere();
        storage.FailWrite = 1;
        await log.Awaiting(l => l.AppendAsync(new byte[1], cancellationToken: Stop).AsTask()).Should().ThrowAsync<LogPoisonedException>();
        database.State.Health.Should().Be(DatabaseHealth.Healthy);

        await database.Awaiting(d => d.Store<string, int>("stock").WriteAsync("a", 1, Stop).AsTask()).Should().ThrowAsync<LogPoisonedException>();
        database.State.Health.Should().Be(DatabaseHealth.Poisoned);
    }

    [Fact]
    public async Task DiskFailure_PoisonsTheDatabaseAndKeepsTheVisibleState()
    {
        MemoryStorage memory = new();
        FailingStorage storage = new(memory);
        await using (Database database = await Database.OpenAsync(await CommitLog.OpenAsync(storage, NoMarks, Stop), Schema, cancellationToken: Stop))
        {
            DatabaseStore<string, int> store = database.Store<string, int>("left");
            await store.WriteAsync("a", 1, Stop);
            storage.CountFromHere();
            storage.FailFlush = 1;

            (await store.Awaiting(s => s.WriteAsync("a", 2, Stop).AsTask()).Should().ThrowAsync<LogPoisonedException>()).Which.OutcomeUnknown.Should().BeTrue();
            storage.Failures.Should().Be(1);
            database.State.Health.Should().Be(DatabaseHealth.Poisoned);
            database.State.Reason.Should().BeOfType<LogPoisonedException>();
            store.Read("a").Value.Should().Be(1);
            (await store.Awaiting(s => s.WriteAsync("a", 3, Stop).AsTask()).Should().ThrowAsync<LogPoisonedException>()).Which.OutcomeUnknown.Should().BeFalse();
        }

        storage.FailFlush = 0;
        await using Database reopened = await Database.OpenAsync(await CommitLog.OpenAsync(memory, cancellationToken: Stop), Schema, cancellationToken: Stop);
        reopened.Store<string, int>("left").Read("a").Value.Should().BeOneOf(1, 2);
    }

    [Fact]
    public async Task Reopen_WithAnotherCodec_IsRefusedNamingBoth()
    {
        await Database.DisposeAsync();
        DatabaseSchema other = new DatabaseSchema().AddStore<string, long>("left");

        SchemaMismatchException mismatch = (await FluentActions.Awaiting(() => Database.OpenAsync(_directory.Path, other, cancellationToken: Stop))
            .Should().ThrowAsync<SchemaMismatchException>()).Which;

        (mismatch.Owner, mismatch.Stored, mismatch.Declared).Should().Be(("store 'left'", "string->int32", "string->int64"));
        await using Database free = await Database.OpenAsync(_directory.Path, Schema, cancellationToken: Stop);
    }

    [Fact]
    public async Task Reopen_WithoutAnOwner_KeepsAndReportsItsRecords()
    {
        await Left.WriteAsync("a", 1, Stop);
        await Right.WriteAsync("b", 2, Stop);
        await Database.DisposeAsync();

        await using (Database without = await Database.OpenAsync(_directory.Path, new DatabaseSchema().AddStore<string, int>("left"), cancellationToken: Stop))
        {
            without.UnregisteredOwners.Should().Contain("store 'right'", 1);
            await without.Store<string, int>("left").WriteAsync("a", 3, Stop);
        }

        await using Database again = await Database.OpenAsync(_directory.Path, Schema, cancellationToken: Stop);
        (again.Store<string, int>("left").Read("a").Value, again.Store<string, int>("right").Read("b").Value).Should().Be((3, 2));
    }

    [Fact]
    public async Task OpenAndClose_OfAKnownSchema_WritesNothing()
    {
        await Left.WriteAsync("a", 1, Stop);
        await Database.DisposeAsync();
        long before = Directory.GetFiles(_directory.Path).Sum(file => new FileInfo(file).Length);

        await using (await Database.OpenAsync(_directory.Path, Schema, cancellationToken: Stop))
        {
        }

        Directory.GetFiles(_directory.Path).Sum(file => new FileInfo(file).Length).Should().Be(before);
    }

    protected override async ValueTask<Database> OpenAsync() => await Database.OpenAsync(_directory.Path, Schema);

    protected override async ValueTask CloseAsync()
    {
        await Database.DisposeAsync();
        _directory.Dispose();
    }
}
