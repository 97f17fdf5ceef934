namespace DataIntensive.Tests.Events;

public sealed class EventStoreTransactionTests : IAsyncDisposable
{
    private readonly Database _database = Database.InMemory(new DatabaseSchema().AddStore<string, int>("numbers").AddEvents(TestEvents.Map));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private DatabaseEventStore Events => _database.Events();

    private DatabaseStore<string, int> Numbers => _database.Store<string, int>("numbers");

    [Fact]
    public async Task Execute_WithAStoreAndSeveralStreams_IsOneCommit()
    {
        (AppendResult first, AppendResult other, AppendResult second) = await _database.ExecuteAsync(tx =>
        {
            EventStoreTransaction events = Events.In(tx);
            AppendResult a1 = events.Append("a", ExpectedVersion.None, new Counted(0, 1), new Counted(0, 2));
            Numbers.In(tx).Write("k", 7);
            AppendResult b1 = events.Append("b", ExpectedVersion.None, new Counted(1, 1));
            events.Version("a").Should().Be(2);
            AppendResult a2 = events.Append("a", ExpectedVersion.Exactly(2), new List<Counted> { new(0, 3) });
            return (a1, b1, a2);
        }, cancellationToken: Stop);

        (first.Version, first.Position.Value).Should().Be((2, 2));
        (other.Version, other.Position.Value).Should().Be((1, 3));
        (second.Version, second.Position.Value).Should().Be((3, 4));
        List<RecordedEvent> stored = await Events.ReadAllAsync(cancellationToken: Stop).ToListAsync(Stop);
        stored.Select(e => (e.Stream.Value, e.Version, e.Position.Value)).Should().Equal(("a", 1, 1), ("a", 2, 2), ("b", 1, 3), ("a", 3, 4));
        Numbers.Read("k").Value.Should().Be(7);
        stored[2].LogPosition.Value.Should().Be(Numbers.Read("k").Revision.Value + 1);
    }

    [Fact]
    public async Task Execute_WhoseFunctionThrows_LeavesNeitherEventsNorWrites()
    {
        Func<Task> failing = async () => await _database.ExecuteAsync(tx =>
        {
            Events.In(tx).Append("a", ExpectedVersion.None, new Counted(0, 1));
            Numbers.In(tx).Write("k", 7);
            Events.In(tx).Append("a", ExpectedVersion.None, new Counted(0, 2)).OrThrow();
        }, cancellationToken: Stop);

        (await failing.Should().ThrowAsync<AppendConflictException>()).Which.Conflicts.Single().Actual.Should().Be(1);

        Events.Head.Should().Be(EventPosition.Start);
        Events.Version("a").Should().Be(0);
        Numbers.Read("k").Exists.Should().BeFalse();
    }

    [Fact]
    public async Task Execute_WithAnEventThatIsNotMapped_AppendsNoneOfThem()
    {
        await _database.ExecuteAsync(tx =>
        {
            EventStoreTransaction events = Events.In(tx);
            Action append = () => Events.In(tx).Append("a", ExpectedVersion.Any, new Counted(0, 1), new NotMapped(2));
            append.Should().Throw<ArgumentException>();
            events.Append("a", ExpectedVersion.None, new Counted(0, 3));
        }, cancellationToken: Stop);

        (await Events.ReadAllAsync(cancellationToken: Stop).SingleAsync(Stop)).Data.Should().Be(new Counted(0, 3));
    }

    [Fact]
    public async Task Execute_AfterAConflict_GoesOn()
    {
        AppendResult result = await _database.ExecuteAsync(tx =>
        {
            Numbers.In(tx).Write("k", 7);
            return Events.In(tx).Append("a", ExpectedVersion.Exists, new Counted(0, 1));
        }, cancellationToken: Stop);

        result.Succeeded.Should().BeFalse();
        Events.Head.Should().Be(EventPosition.Start);
        Numbers.Read("k").Value.Should().Be(7);
    }

    [Theory]
    [InlineData(TransactionIsolation.Serializable)]
    [InlineData(TransactionIsolation.Snapshot)]
    public async Task Commit_WhenTheExpectedVersionIsPassed_Conflicts(TransactionIsolation isolation)
    {
        await Events.AppendAsync("a", ExpectedVersion.None, [new Counted(0, 1)], Stop);
        using DatabaseTransaction transaction = _database.Begin(isolation);
        AppendResult result = Events.In(transaction).Append("a", ExpectedVersion.Exactly(1), new Counted(0, 2));
        (result.Succeeded, result.Version, result.Position).Should().Be((true, 2, EventPosition.Start));
        Numbers.In(transaction).Write("k", 1);
        await Events.AppendAsync("a", ExpectedVersion.Exactly(1), [new Counted(1, 2)], Stop);

        TransactionConflict conflict = (await transaction.Awaiting(tx => tx.CommitAsync(cancellationToken: Stop).AsTask()).Should().ThrowAsync<TransactionConflictException>()).Which.Conflict;

        conflict.Key.Should().Be("a");
        conflict.Owner.Should().Be("events 'events'");
        (await Events.ReadStreamAsync("a", cancellationToken: Stop).Select(e => e.Data).ToListAsync(Stop)).Should().Equal(new Counted(0, 1), new Counted(1, 2));
        Numbers.Read("k").Exists.Should().BeFalse();
    }

    [Fact]
    public async Task Commit_WhenOthersAppendedMeanwhile_TakesAppendsWithoutAVersionAndNumbersThem()
    {
        using DatabaseTransaction transaction = _database.Begin();
        AppendResult result = Events.In(transaction).Append("a", ExpectedVersion.Any, new Counted(0, 1), new Counted(0, 2));
        await Events.AppendAsync("a", ExpectedVersion.Any, [new Counted(1, 1)], Stop);
        await Events.AppendAsync("b", ExpectedVersion.Any, [new Counted(1, 2)], Stop);

        await transaction.CommitAsync(cancellationToken: Stop);

        (result.Succeeded, result.Version, result.Position).Should().Be((true, 0, EventPosition.Start));
        (await Events.ReadAllAsync(new EventPosition(3), Stop).Select(e => (e.Stream.Value, e.Version, e.Position.Value, e.Data)).ToListAsync(Stop))
            .Should().Equal(("a", 2, 3, new Counted(0, 1)), ("a", 3, 4, new Counted(0, 2)));
    }

    [Theory]
    [InlineData(TransactionIsolation.Serializable, true)]
    [InlineData(TransactionIsolation.Snapshot, false)]
    public async Task Version_IsARead_ThatConflictsWhenSerializable(TransactionIsolation isolation, bool conflicts)
    {
        using DatabaseTransaction transaction = _database.Begin(isolation);
        Events.In(transaction).Version("a").Should().Be(0);
        Numbers.In(transaction).Write("k", 1);
        await Events.AppendAsync("a", ExpectedVersion.Any, [new Counted(1, 1)], Stop);
        Events.In(transaction).Version("a").Should().Be(0, "it reads its snapshot");

        Func<Task> commit = async () => await transaction.CommitAsync(cancellationToken: Stop);

        if (conflicts)
        {
            await commit.Should().ThrowAsync<TransactionConflictException>();
        }
        else
        {
            await commit.Should().NotThrowAsync();
        }
    }

    [Fact]
    public async Task EmptyAppend_IsAPreconditionOfTheCommit()
    {
        using DatabaseTransaction transaction = _database.Begin(TransactionIsolation.Snapshot);
        Events.In(transaction).Append("a", ExpectedVersion.None).Succeeded.Should().BeTrue();
        Numbers.In(transaction).Write("k", 1);
        await Events.AppendAsync("a", ExpectedVersion.Any, [new Counted(1, 1)], Stop);

        await transaction.Awaiting(tx => tx.CommitAsync(cancellationToken: Stop).AsTask()).Should().ThrowAsync<TransactionConflictException>();
    }

    [Fact]
    public async Task Transact_WithAnExpectationThatCannotComeTrueAgain_GetsTheConflictAsAValue()
    {
        int attempts = 0;
        Func<Task> transact = async () => await _database.TransactAsync(async tx =>
        {
            attempts++;
            Events.In(tx).Append("a", ExpectedVersion.None, new Counted(0, 1)).OrThrow();
            await Events.AppendAsync("a", ExpectedVersion.Any, [new Counted(1, attempts)], Stop);
        }, cancellationToken: Stop);

        await transact.Should().ThrowAsync<AppendConflictException>();

        attempts.Should().Be(2);
        (await Events.ReadAllAsync(cancellationToken: Stop).SingleAsync(Stop)).Data.Should().Be(new Counted(1, 1));
    }

    [Fact]
    public async Task Transact_ByManyOnOneStream_LosesNothing()
    {
        Task[] writers = [.. Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (int i = 0; i < 25; i++)
            {
                await _database.TransactAsync(
                    async tx =>
                    {
                        long version = Events.In(tx).Version("a");
                        await Task.Yield();
                        Events.In(tx).Append("a", ExpectedVersion.Exactly(version), new Counted(writer, i)).OrThrow();
                        Numbers.In(tx).Write("count", (int)version + 1);
                    },
                    cancellationToken: Stop);
            }
        }))];
        await Task.WhenAll(writers);

        Events.Version("a").Should().Be(100);
        Numbers.Read("count").Value.Should().Be(100);
    }

    [Fact]
    public void In_AnotherDatabasesTransaction_IsRefused()
    {
        using Database other = Database.InMemory(new DatabaseSchema());
        using DatabaseTransaction transaction = other.Begin();

        Events.Invoking(events => events.In(transaction)).Should().Throw<InvalidOperationException>();
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
