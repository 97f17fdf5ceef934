using System.Text.Json;
using DataIntensive.Logs;

namespace DataIntensive.Tests.Events;

public sealed class MemoryEventStoreTests : EventStoreContract
{
    [Fact]
    public async Task Append_WhenTheLogInMemoryIsFull_IsRefusedAndWhatIsThereStays()
    {
        await using Database small = Database.InMemory(Schema, new DatabaseOptions { MemoryLogBytes = 64 * 1024 });
        IEventStore store = small.Events();
        long appended = 0;
        Func<Task> fill = async () =>
        {
            while (appended < 10_000)
            {
                await store.AppendAsync("a", ExpectedVersion.Exactly(appended), [new Counted(0, (int)appended)], Stop);
                appended++;
            }
        };

        await fill.Should().ThrowAsync<LogFullException>();

        appended.Should().BePositive();
        (await store.VersionAsync("a", Stop)).Should().Be(appended);
        (await store.ReadStreamAsync("a", cancellationToken: Stop).Select(e => ((Counted)e.Data).Number).ToListAsync(Stop)).Should().Equal(Enumerable.Range(0, (int)appended));
    }

    [Fact]
    public async Task Append_AsksTheClockOnce_ForTheEventAndItsRecord()
    {
        Time.Asked = 0;
        await Store.AppendAsync("a", [new Counted(0, 1), new Counted(0, 2)], Stop);
        Time.Asked.Should().Be(1);

        Time.Now = Time.Now.AddDays(-1);
        await Store.AppendAsync("a", [new Counted(0, 3)], Stop);
        using LogReader reader = Database.Log.OpenReader();
        foreach (RecordedEvent recorded in await Store.ReadAllAsync(cancellationToken: Stop).ToListAsync(Stop))
        {
            reader.TryReadAt(recorded.LogPosition, out LogRecord record).Should().BeTrue();
            record.Timestamp.Should().Be(recorded.Timestamp);
        }
    }

    [Fact]
    public async Task Append_ToALogWithAClockOfItsOwn_LeavesRecordTimesToThat()
    {
        SettableTime logTime = new() { Now = new DateTimeOffset(2040, 1, 1, 0, 0, 0, TimeSpan.Zero) };
        MemoryCommitLog log = new(new MemoryCommitLogOptions { TimeProvider = logTime });
        await using Database database = await Database.OpenAsync(log, Schema, new DatabaseOptions { TimeProvider = Time }, Stop);
        Time.Now = new DateTimeOffset(2050, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await database.Events().AppendAsync("a", [new Counted(0, 1)], Stop);
        RecordedEvent recorded = await database.Events().ReadAllAsync(cancellationToken: Stop).SingleAsync(Stop);
        recorded.Timestamp.Should().Be(Time.Now);
        using LogReader reader = log.OpenReader();
        reader.TryReadAt(recorded.LogPosition, out LogRecord record).Should().BeTrue();
        record.Timestamp.Should().Be(logTime.Now);
    }

    /// <summary>The record, its places in five lists, and nothing besides.</summary>
    [Fact]
    public async Task Append_InMemory_AllocatesLittleMoreThanItsRecord()
    {
        object[] one = [new Counted(0, 1)];
        int waited = 0;
        await AppendAsync(1_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        long end = Database.Log.Range.End.Value;
        await AppendAsync(20_000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        waited.Should().Be(0, "it must not leave the thread whose memory is counted");
        Database.Log.Range.End.Value.Should().Be(end + 20_000);
        (allocated / 20_000).Should().BeLessThan(140);

        async Task AppendAsync(int count)
        {
            for (int i = 0; i < count; i++)
            {
                ValueTask<AppendResult> appending = Store.AppendAsync("a", ExpectedVersion.Any, one, Stop);
                waited += appending.IsCompletedSuccessfully ? 0 : 1;
                await appending;
            }
        }
    }

    protected override ValueTask<Database> OpenAsync() => new(Database.InMemory(Schema, new DatabaseOptions { TimeProvider = Time }));
}

public sealed class LoggedEventStoreTests : EventStoreContract
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public async Task Reopen_GivesTheSameEvents()
    {
        for (int i = 0; i < 40; i++)
        {
            await Store.AppendAsync($"s{i % 3}", ExpectedVersion.Any, [new Counted(0, i), new Deposited(i / 10m)], Stop);
            await Database.Store<string, int>("before").WriteAsync("k", i, Stop);
        }

        List<RecordedEvent> before = await Store.ReadAllAsync(cancellationToken: Stop).ToListAsync(Stop);
        await Database.DisposeAsync();
        Time.Now = Time.Now.AddDays(-1);
        Database = await OpenAsync();

        (await Store.ReadAllAsync(cancellationToken: Stop).ToListAsync(Stop)).Should().Equal(before);
        (await Store.ReadStreamAsync("s1", cancellationToken: Stop).ToListAsync(Stop)).Should().Equal(before.Where(e => e.Stream == "s1"));
        (await Store.SubscribeToEventsAsync(cancellationToken: Stop).Take(before.Count).ToListAsync(Stop)).Should().Equal(before);

        AppendResult next = await Store.AppendAsync("s1", ExpectedVersion.Exactly(26), [new Deposited(1)], Stop);
        next.OrThrow().Position.Should().Be(new EventPosition(81));
        (await Store.ReadAllAsync(next.Position, Stop).SingleAsync(Stop)).Timestamp.Should().Be(before[^1].Timestamp, "the clock went back while it was closed");
    }

    [Fact]
    public async Task Reopen_KeepsIdsTagsTenantsAndWhatWasSaidOfStreams()
    {
        EventData tagged = new(new Counted(0, 1)) { Id = IdOf(1), Tags = ["t:1"] };
        await Store.AppendAsync("a-1", ExpectedVersion.None, [tagged, new Counted(0, 2)], Stop);
        await Store.ForTenant("t").AppendAsync("a-1", [tagged], Stop);
        await Store.AppendAsync(new EventBatch().Append("b", ExpectedVersion.None, new Counted(0, 3)).Delete("b").Tombstone("c").Retain("a-1", new StreamRetention { KeepFrom = 2, MaxAge = TimeSpan.FromDays(1) }), Stop);
        await Database.DisposeAsync();
        Database = await OpenAsync();

        (await Store.AppendAsync("a-1", ExpectedVersion.None, [tagged], Stop)).Should().BeEquivalentTo(new { IsDuplicate = true, Version = 1 });
        (await Store.AppendAsync(new EventBatch().Unless(EventQuery.Tagged("t:1")), Stop)).Conflicts.Single().Position.Value.Should().Be(1);
        (await Store.AppendAsync(new EventBatch().Unless(EventQuery.InCategory("a"), new EventPosition(2)), Stop)).Succeeded.Should().BeTrue();
        (await Store.AppendAsync("b", ExpectedVersion.Exactly(1), [], Stop)).Conflicts.Single().Status.Should().Be(StreamStatus.Deleted);
        (await Store.AppendAsync("c", ExpectedVersion.Any, [tagged], Stop)).Conflicts.Single().Kind.Should().Be(AppendConflictKind.Tombstone);
        (await Store.ReadStreamAsync("a-1", cancellationToken: Stop).Select(e => e.Version).ToListAsync(Stop)).Should().Equal(2);
        (await Store.ForTenant("t").ReadAsync(EventQuery.Tagged("t:1"), cancellationToken: Stop).SingleAsync(Stop)).Position.Value.Should().Be(3);
        Time.Now = Time.Now.AddDays(2);
        (await Store.ReadStreamAsync("a-1", cancellationToken: Stop).CountAsync(Stop)).Should().Be(0);
    }

    [Fact]
    public async Task Subscribe_DeliversWhatIsFsynced_AndReadsGiveWhatIsVisible()
    {
        await using IAsyncEnumerator<RecordedEvent> subscription = Store.SubscribeToEventsAsync(cancellationToken: Stop).GetAsyncEnumerator(Stop);
        await Database.ExecuteAsync(tx => Store.In(tx).Append("a", ExpectedVersion.Any, new Counted(0, 1)), Durability.Os, Stop);

        ValueTask<bool> next = subscription.MoveNextAsync();
        next.IsCompleted.Should().BeFalse();
        (await Store.ReadAllAsync(cancellationToken: Stop).SingleAsync(Stop)).Data.Should().Be(new Counted(0, 1));

        await Store.AppendAsync("a", ExpectedVersion.Any, [new Counted(0, 2)], Stop);
        (await next).Should().BeTrue();
        subscription.Current.Data.Should().Be(new Counted(0, 1));
    }

    [Fact]
    public async Task Append_LargerThanACommit_IsRefusedNamingTheLimitAndUsesUpNoNumber()
    {
        await Store.AppendAsync("a", ExpectedVersion.Any, [new Counted(0, 0)], Stop);

        await Store.Awaiting(store => store.AppendAsync("a", ExpectedVersion.Any, Enumerable.Range(0, 20_000).Select(n => new Counted(0, n)), Stop).AsTask())
            .Should().ThrowAsync<ArgumentException>().WithMessage($"*{nameof(CommitLogOptions.MaxCommitBytes)}*");

        (await Store.HeadAsync(Stop)).Value.Should().Be(1);
        AppendResult next = await Store.AppendAsync("a", ExpectedVersion.Any, [new Counted(0, 1)], Stop);
        (next.Version, next.Position.Value).Should().Be((2, 2));
        (await Store.ReadAllAsync(cancellationToken: Stop).Select(e => (e.Version, e.Position.Value)).ToListAsync(Stop)).Should().Equal((1, 1), (2, 2));
    }

    [Fact]
    public async Task Read_OfANameThatIsNoLongerMapped_FailsThereAndSaysWhich()
    {
        await Store.AppendAsync("a", ExpectedVersion.Any, [new Counted(0, 1), new Deposited(1)], Stop);
        await Database.DisposeAsync();
        Database = await OpenAsync(new DatabaseSchema().AddEvents(events => events.Map("counted", version: 1, TestEvents.Default.Counted)));
        List<object> read = [];

        Func<Task> reading = async () =>
        {
            await foreach (RecordedEvent recorded in Store.ReadAllAsync(cancellationToken: Stop))
            {
                read.Add(recorded.Data);
            }
        };

        UnknownEventException unknown = (await reading.Should().ThrowAsync<UnknownEventException>()).Which;
        (unknown.Name, unknown.SchemaVersion, unknown.Stream, unknown.Position).Should().Be(("deposited", 1, new StreamId("a"), new EventPosition(2)));
        read.Should().Equal(new Counted(0, 1));
        await Store.SubscribeToEventsAsync(new EventPosition(1), Stop).Awaiting(s => s.FirstAsync(Stop).AsTask()).Should().ThrowAsync<UnknownEventException>();
        (await Store.VersionAsync("a", Stop)).Should().Be(2);
    }

    [Fact]
    public async Task Read_OfAnOlderVersion_IsUpgraded_AndOfANewerOneRefused()
    {
        await Store.AppendAsync("a", ExpectedVersion.Any, [new Counted(0, 1)], Stop);
        await Database.DisposeAsync();
        Database = await OpenAsync(new DatabaseSchema().AddEvents(events => events.Map(
            "counted",
            version: 2,
            TestEvents.Default.Counted,
            (JsonElement stored, byte version) => new Counted(100 + version, stored.GetProperty("Number").GetInt32()))));
        await Store.AppendAsync("a", ExpectedVersion.Any, [new Counted(0, 2)], Stop);

        (await Store.ReadAllAsync(cancellationToken: Stop).Select(e => (e.SchemaVersion, e.Data)).ToListAsync(Stop))
            .Should().Equal((1, new Counted(101, 1)), (2, new Counted(0, 2)));

        await Database.DisposeAsync();
        Database = await OpenAsync();
        UnknownEventException newer = (await Store.Awaiting(store => store.ReadAllAsync(cancellationToken: Stop).CountAsync(Stop).AsTask()).Should().ThrowAsync<UnknownEventException>()).Which;
        newer.SchemaVersion.Should().Be(2);
        newer.Message.Should().Contain("version 2").And.Contain("mapped is 1");
    }

    protected override ValueTask<Database> OpenAsync() => OpenAsync(Schema);

    protected override async ValueTask CloseAsync()
    {
        await Database.DisposeAsync();
        _directory.Dispose();
    }

    // Small limits, so that appends are refused for want of room and segments end in the middle of things.
    private async ValueTask<Database> OpenAsync(DatabaseSchema schema) => await Database.OpenAsync(
        _directory.Path,
        schema,
        new DatabaseOptions
        {
            TimeProvider = Time,
            Log = new CommitLogOptions { SegmentBytes = 64 * 1024, MaxCommitBytes = 512 * 1024, MaxPendingBytes = 1024, FlushInterval = TimeSpan.FromHours(1) },
        });
}
