using DataIntensive.Storage;
using DataIntensive.Testing;
using DataIntensive.Tests.Storage;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.Transactions;

/// <summary>What a database refuses when something is full, and what still works then.</summary>
public sealed class DatabaseLimitTests
{
    private static readonly DatabaseSchema Schema = new DatabaseSchema().AddStore<string, string>("texts").AddCheckpoints();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StateBytes_FollowWhatIsStored_AlsoOverARestart()
    {
        MemoryStorage files = new();
        long written;
        await using (Database database = await OpenAsync(files))
        {
            DatabaseStore<string, string> texts = database.Store<string, string>("texts");
            long empty = database.StateBytes;
            await texts.WriteAsync("a", "short", Stop);
            long small = database.StateBytes;
            await texts.WriteAsync("a", new string('x', 1_005), Stop);
            long large = database.StateBytes;
            await texts.DeleteAsync("a", Stop);

            small.Should().BeInRange(empty + 112, empty + 168);
            (large - small).Should().BeInRange(1_000, 1_001, "a longer length may take a byte more");
            database.StateBytes.Should().Be(empty);
            await texts.WriteAsync("b", "kept", Stop);
            await database.Checkpoints().SaveAsync("c", new LogPosition(1), Stop);
            await texts.WriteAsync("gone", "gone", Stop);
            await texts.WriteAsync("b", "kept again", Stop);
            await texts.DeleteAsync("gone", Stop);
            written = database.StateBytes;
        }

        await using Database reopened = await OpenAsync(files);
        reopened.StateBytes.Should().Be(written).And.BePositive();
    }

    [Fact]
    public async Task FullStates_RefuseWhatGrows_AndTakeDeletesAndWhatIsNotLarger()
    {
        await using Database database = Database.InMemory(Schema, new DatabaseOptions { MaxStateBytes = 64 * 1024 });
        DatabaseStore<string, string> texts = database.Store<string, string>("texts");
        string large = new('x', 2_000);
        int keys = 0;
        StateFullException? refusal = null;
        while (refusal is null)
        {
            refusal = await RefusalAsync<StateFullException>(texts.WriteAsync($"k{keys++}", large, Stop));
        }

        LogPosition end = database.Log.Range.End;
        refusal.StateBytes.Should().Be(database.StateBytes).And.BeLessThanOrEqualTo(64 * 1024);
        (refusal.StateBytes + refusal.GrowthBytes).Should().BeGreaterThan(64 * 1024);
        keys.Should().BeGreaterThan(25);
        (database.State.Health, database.State.Reason).Should().Be((DatabaseHealth.Full, refusal));
        texts.Read($"k{keys - 1}").Exists.Should().BeFalse();

        await texts.WriteAsync("k0", new string('y', 2_000), Stop);
        await database.Checkpoints().SaveAsync("consumer", new LogPosition(3), Stop);
        (await RefusalAsync<StateFullException>(texts.WriteAsync("other", large, Stop))).Should().NotBeNull("it is still full");
        await texts.DeleteAsync("k0", Stop);
        database.State.Health.Should().Be(DatabaseHealth.Healthy, "what was refused would fit now");
        await texts.WriteAsync("other", large, Stop);

        database.Log.Range.End.Value.Should().Be(end.Value + 4, "refusals write nothing");
        texts.Read("other").Value.Should().Be(large);
    }

    [Fact]
    public async Task FullStates_AreOpenedAllTheSame()
    {
        MemoryStorage files = new();
        await using (Database database = await OpenAsync(files))
        {
            await database.Store<string, string>("texts").WriteAsync("a", new string('x', 100_000), Stop);
        }

        await using Database tight = await OpenAsync(files, new DatabaseOptions { MaxStateBytes = 64 * 1024 });
        tight.State.Health.Should().Be(DatabaseHealth.Full);
        (await RefusalAsync<StateFullException>(tight.Store<string, string>("texts").WriteAsync("b", "b", Stop))).Should().NotBeNull();
        await tight.Store<string, string>("texts").DeleteAsync("a", Stop);
        tight.State.Health.Should().Be(DatabaseHealth.Healthy);
    }

    [Fact]
    public async Task FullDisk_IsToldByTheState_AndForgottenWhenThereIsRoom()
    {
        FaultyStorage disk = new();
        await using Database database = await OpenAsync(disk, new DatabaseOptions { Log = new CommitLogOptions { SegmentBytes = 64 * 1024, ReserveBytes = 16 * 1024 } });
        DatabaseStore<string, string> texts = database.Store<string, string>("texts");
        await texts.WriteAsync("a", "a", Stop);
        disk.CapacityBytes = 0;
        LogFullException? refusal = null;
        for (int i = 0; refusal is null && i < 1_000; i++)
        {
            refusal = await RefusalAsync<LogFullException>(texts.WriteAsync("a", new string('x', 2_000), Stop));
        }

        (database.State.Health, database.State.Reason).Should().Be((DatabaseHealth.Full, refusal));
        await texts.DeleteAsync("a", Stop);
        database.State.Health.Should().Be(DatabaseHealth.Full, "a delete out of the reserve makes no room");
        disk.CapacityBytes = null;
        await texts.WriteAsync("b", "b", Stop);

        database.State.Health.Should().Be(DatabaseHealth.Healthy);
    }

    [Fact]
    public async Task LargeTransaction_IsRefusedWhileItIsWritten_AndCannotBeCommittedInPart()
    {
        await using Database database = Database.InMemory(Schema, new DatabaseOptions { MaxTransactionBytes = 4_096 });
        DatabaseStore<string, string> texts = database.Store<string, string>("texts");
        LogPosition end = database.Log.Range.End;
        using DatabaseTransaction transaction = database.Begin();
        texts.In(transaction).Write("a", "a");

        transaction.Invoking(t => texts.In(t).Write("b", new string('x', 5_000))).Should().Throw<CommitTooLargeException>().Which.MaxBytes.Should().Be(4_096);
        await transaction.Awaiting(t => t.CommitAsync(cancellationToken: Stop).AsTask()).Should().ThrowAsync<CommitTooLargeException>();
        await database.Awaiting(d => d.ExecuteAsync(
            inside =>
            {
                texts.In(inside).Write("a", "a");
                texts.Invoking(store => store.In(inside).Write("b", new string('x', 5_000))).Should().Throw<CommitTooLargeException>();
            },
            cancellationToken: Stop).AsTask()).Should().ThrowAsync<CommitTooLargeException>("catching it does not make a part whole");

        database.Log.Range.End.Should().Be(end);
        await texts.WriteAsync("b", new string('x', 4_000), Stop);
    }

    [Theory]
    [InlineData(BusyPolicy.Wait)]
    [InlineData(BusyPolicy.Refuse)]
    public async Task PendingCommits_PastTheirLimit_WaitOrAreRefused(BusyPolicy policy)
    {
        using ManualResetEventSlim hold = new(initialState: true);
        FailingStorage storage = new(new MemoryStorage()) { HoldFlushes = hold };
        await using Database database = await OpenAsync(storage, new DatabaseOptions { MaxPendingCommits = 4, WhenBusy = policy });
        DatabaseStore<string, string> texts = database.Store<string, string>("texts");
        await texts.WriteAsync("first", "", Stop);
        hold.Reset();
        LogPosition end = database.Log.Range.End;

        // The first leads its own write, and blocks there.
        List<Task<Revision>> writes = [Task.Run(async () => await texts.WriteAsync("k", "0", Stop))];
        SpinWait.SpinUntil(() => database.PendingCommits == 1, TimeSpan.FromSeconds(30)).Should().BeTrue();
        for (int i = 1; i < 10; i++)
        {
            writes.Add(texts.WriteAsync("k", $"{i}", Stop).AsTask());
        }

        database.PendingCommits.Should().Be(4);
        database.Log.Range.End.Value.Should().Be(end.Value + 4);
        writes.Count(write => write.IsFaulted).Should().Be(policy == BusyPolicy.Refuse ? 6 : 0);
        hold.Set();
        await ((Task)Task.WhenAll(writes)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        writes.Should().OnlyContain(write => !write.IsFaulted || write.Exception!.InnerException is DatabaseBusyException);
        texts.Read("k").Value.Should().Be(policy == BusyPolicy.Refuse ? "3" : "9");
        database.PendingCommits.Should().Be(0);
        await texts.WriteAsync("k", "last", Stop);
    }

    [Fact]
    public async Task PendingBytes_PastTheirLimit_AreRefused_ButOneIsAlwaysTaken()
    {
        using ManualResetEventSlim hold = new(initialState: true);
        FailingStorage storage = new(new MemoryStorage()) { HoldFlushes = hold };
        await using Database database = await OpenAsync(storage, new DatabaseOptions { MaxPendingBytes = 1_024, WhenBusy = BusyPolicy.Refuse });
        DatabaseStore<string, string> texts = database.Store<string, string>("texts");
        await texts.WriteAsync("first", new string('x', 2_000), Stop);
        hold.Reset();
        Task<Revision> slow = Task.Run(async () => await texts.WriteAsync("k", new string('x', 900), Stop));
        SpinWait.SpinUntil(() => database.PendingCommits == 1, TimeSpan.FromSeconds(30)).Should().BeTrue();

        DatabaseBusyException? refusal = await RefusalAsync<DatabaseBusyException>(texts.WriteAsync("k", new string('x', 200), Stop));
        using DatabaseTransaction transaction = database.Begin();
        texts.In(transaction).Write("other", new string('x', 200));
        (await RefusalAsync<DatabaseBusyException>(transaction.CommitAsync(cancellationToken: Stop))).Should().NotBeNull();
        hold.Set();
        await slow;

        refusal!.PendingCommits.Should().Be(1);
        refusal.PendingBytes.Should().BeInRange(900, 1_024);
    }

    [Fact]
    public async Task Snapshot_PastItsAge_FailsTyped_AndKeepsNothing()
    {
        FakeTimeProvider clock = new();
        await using Database database = Database.InMemory(Schema, new DatabaseOptions { TimeProvider = clock, MaxSnapshotAge = TimeSpan.FromMinutes(1) });
        DatabaseStore<string, string> texts = database.Store<string, string>("texts");
        await texts.WriteAsync("a", "old", Stop);
        using DatabaseTransaction reader = database.BeginReadOnly();
        using DatabaseTransaction writer = database.Begin();
        texts.In(writer).Write("b", "b");
        StoreTransaction<string, string> inReader = texts.In(reader);
        inReader.Read("a").Value.Should().Be("old");
        clock.Advance(TimeSpan.FromSeconds(59));
        using DatabaseTransaction younger = database.BeginReadOnly();
        await texts.WriteAsync("a", "new", Stop);
        inReader.Read("a").Value.Should().Be("old");
        database.OpenSnapshots.Should().Be(3);

        clock.Advance(TimeSpan.FromSeconds(2));

        inReader.Invoking(store => store.Read("a")).Should().Throw<SnapshotTooOldException>().Which.Snapshot.Should().Be(reader.Snapshot);
        inReader.Invoking(store => store.ReadAll()).Should().Throw<SnapshotTooOldException>();
        reader.Invoking(transaction => texts.In(transaction)).Should().Throw<SnapshotTooOldException>();
        await writer.Awaiting(transaction => transaction.CommitAsync(cancellationToken: Stop).AsTask()).Should().ThrowAsync<SnapshotTooOldException>();
        texts.Read("b").Exists.Should().BeFalse();
        texts.In(younger).Read("a").Value.Should().Be("old", "it is younger, though it reads the same position");
        database.OpenSnapshots.Should().Be(1);
        clock.Advance(TimeSpan.FromMinutes(1));
        database.OpenSnapshots.Should().Be(0, "the next in line is met by the same timer");
    }

    [Fact]
    public async Task ReadOnlyTransaction_RefusesToWrite_AndNeverConflicts()
    {
        await using Database database = Database.InMemory(Schema);
        DatabaseStore<string, string> texts = database.Store<string, string>("texts");
        await texts.WriteAsync("a", "1", Stop);
        using DatabaseTransaction reader = database.BeginReadOnly();
        texts.In(reader).ReadAll().Should().ContainSingle();
        await texts.WriteAsync("a", "2", Stop);

        reader.Invoking(transaction => texts.In(transaction).Write("b", "b")).Should().Throw<InvalidOperationException>();
        reader.Invoking(transaction => texts.In(transaction).Delete("a")).Should().Throw<InvalidOperationException>();
        texts.In(reader).Read("a").Value.Should().Be("1");
        (await reader.CommitAsync(cancellationToken: Stop)).Should().Be(reader.Snapshot);
        database.Read(transaction => texts.In(transaction).Read("a").Value + texts.In(transaction).Read("b").Value).Should().Be("2");
        database.OpenSnapshots.Should().Be(0);
    }

    [Fact]
    public async Task ReadAll_InATransaction_SeesItsOwnWritesAndOnePosition()
    {
        await using Database database = Database.InMemory(Schema);
        DatabaseStore<string, string> texts = database.Store<string, string>("texts");
        await texts.WriteAsync("a", "1", Stop);
        await texts.WriteAsync("b", "1", Stop);
        using DatabaseTransaction transaction = database.Begin(TransactionIsolation.Snapshot);
        texts.In(transaction).Delete("a");
        texts.In(transaction).Write("c", "own");
        await texts.WriteAsync("d", "other", Stop);

        texts.In(transaction).ReadAll().Select(entry => (entry.Key, entry.Value.Value)).Should().BeEquivalentTo([("b", "1"), ("c", "own")]);
        (await database.ExecuteAsync(inside => texts.In(inside).ReadAll().Count, cancellationToken: Stop)).Should().Be(3);
    }

    [Fact]
    public async Task Reopen_OfAPoisonedDatabase_GivesOneNewOneToAll()
    {
        MemoryStorage files = new();
        FailingStorage storage = new(files);
        int opened = 0;
        await using DatabaseAccessor accessor = new(async cancellationToken =>
            await Database.OpenAsync(await CommitLog.OpenAsync(opened++ == 0 ? storage : files, cancellationToken: cancellationToken), Schema, cancellationToken: cancellationToken));
        Database poisoned = await accessor.OpenAsync(Stop);
        await poisoned.Store<string, string>("texts").WriteAsync("a", "1", Stop);
        storage.CountFromHere();
        storage.FailFlush = 1;
        await poisoned.Awaiting(database => database.Store<string, string>("texts").WriteAsync("a", "2", Stop).AsTask()).Should().ThrowAsync<LogPoisonedException>();
        poisoned.State.Health.Should().Be(DatabaseHealth.Poisoned);

        Database[] reopened = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => accessor.ReopenAsync(poisoned, Stop).AsTask()));

        reopened.Distinct().Should().ContainSingle().Which.State.Health.Should().Be(DatabaseHealth.Healthy);
        opened.Should().Be(2);
        poisoned.State.Health.Should().Be(DatabaseHealth.Closed);
        await reopened[0].Store<string, string>("texts").WriteAsync("a", "3", Stop);
        (await accessor.OpenAsync(Stop)).Should().BeSameAs(reopened[0]);
    }

    private static async Task<Database> OpenAsync(IStorage storage, DatabaseOptions? options = null)
    {
        options ??= new DatabaseOptions();
        return await Database.OpenAsync(await CommitLog.OpenAsync(storage, options.Log, Stop), Schema, options, Stop);
    }

    private static async Task<TException?> RefusalAsync<TException>(ValueTask<Revision> call)
        where TException : Exception => await RefusalAsync<TException>(call.AsTask());

    private static async Task<TException?> RefusalAsync<TException>(ValueTask<LogPosition> call)
        where TException : Exception => await RefusalAsync<TException>(call.AsTask());

    private static async Task<TException?> RefusalAsync<TException>(Task call)
        where TException : Exception
    {
        try
        {
            await call;
            return null;
        }
        catch (TException exception)
        {
            return exception;
        }
    }
}
