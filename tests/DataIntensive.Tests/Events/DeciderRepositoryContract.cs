using DataIntensive.Events;

namespace DataIntensive.Tests.Events;

/// <summary>What a decider repository does, on whatever log.</summary>
public abstract class DeciderRepositoryContract : IAsyncLifetime
{
    private protected SettableTime Time { get; } = new();

    private protected Database Database { get; set; } = null!;

    private protected static DatabaseSchema Schema { get; } = new DatabaseSchema()
        .AddStore<string, int>("others")
        .AddEvents(TestEvents.Map)
        .AddFoldSnapshots();

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    private protected DatabaseEventStore Events => Database.Events();

    public async ValueTask InitializeAsync() => Database = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Load_OfAnUnknownStream_IsTheInitialStateAndSaysSo()
    {
        FoldedStream<Tally> loaded = await Repository().LoadAsync("a", Stop);

        (loaded.State, loaded.Version, loaded.Exists).Should().Be((Tally.Decider.Initial, 0, false));
    }

    [Fact]
    public async Task Handle_NoEvents_WritesNothingAndGivesTheState()
    {
        DeciderRepository<Tally, int, Counted> repository = Repository();
        await repository.HandleAsync("a", 5, cancellationToken: Stop);

        Decision<Tally, Counted> decision = await repository.HandleAsync("a", 0, new HandleOptions { ChecksVersion = true }, Stop);

        (decision.State.Sum, decision.Events.Count, decision.Version, decision.Attempts).Should().Be((5, 0, 1, 1));
        Events.Head.Should().Be(new EventPosition(1));
    }

    [Theory]
    [InlineData(false, 1, 0)]
    [InlineData(true, 2, 7)]
    public async Task Handle_NoEventsWhileSomebodyAppends_IsDecidedAgainWhenTheVersionIsChecked(bool checks, int attempts, long sum)
    {
        int decided = 0;
        DeciderRepository<Tally, int, Counted> repository = Repository(Tally.Decider with
        {
            Decide = (number, tally) =>
            {
                if (++decided == 1)
                {
                    Append("a", 7);
                }

                return [];
            },
        });

        Decision<Tally, Counted> decision = await repository.HandleAsync("a", 1, new HandleOptions { ChecksVersion = checks }, Stop);

        (decision.Attempts, decided, decision.State.Sum).Should().Be((attempts, attempts, sum));
    }

    [Fact]
    public async Task Handle_WithAnExpectedVersion_IsNeverDecidedAgain()
    {
        int decided = 0;
        DeciderRepository<Tally, int, Counted> repository = Repository(Tally.Decider with
        {
            Decide = (number, tally) =>
            {
                decided++;
                Append("a", 7);
                return Tally.Decider.Decide(number, tally);
            },
        });

        HandleOptions expected = new() { Expected = ExpectedVersion.Exactly(0) };
        await repository.Awaiting(r => r.HandleAsync("a", 1, expected, Stop).AsTask()).Should().ThrowAsync<AppendConflictException>();
        decided.Should().Be(1);
        await repository.Awaiting(r => r.HandleAsync("a", 1, expected, Stop).AsTask()).Should().ThrowAsync<AppendConflictException>("the stream is not as expected before it is decided");

        decided.Should().Be(1);
        Events.Version("a").Should().Be(1);
    }

    [Fact]
    public async Task Handle_ABusinessError_ReachesTheCallerOnce()
    {
        int decided = 0;
        DeciderRepository<Tally, int, Counted> repository = Repository(Tally.Decider with
        {
            Decide = (number, tally) =>
            {
                decided++;
                return Tally.Decider.Decide(number, tally);
            },
        });

        await repository.Awaiting(r => r.HandleAsync("a", -1, cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidOperationException>().WithMessage("Not below zero*");

        decided.Should().Be(1);
        Events.Head.Should().Be(EventPosition.Start);
    }

    [Fact]
    public async Task Handle_OthersFasterEveryTime_TellsHowOftenItTried()
    {
        DeciderRepository<Tally, int, Counted> repository = Repository(
            Tally.Decider with
            {
                Decide = (number, tally) =>
                {
                    Append("a", 1);
                    return Tally.Decider.Decide(number, tally);
                },
            },
            new DeciderOptions<Tally> { MaxAttempts = 4 });

        DecisionExhaustedException exhausted = (await repository.Awaiting(r => r.HandleAsync("a", 100, cancellationToken: Stop).AsTask()).Should().ThrowAsync<DecisionExhaustedException>()).Which;

        (exhausted.Attempts, exhausted.Conflicts.Single().Actual).Should().Be((4, 4));
        exhausted.Message.Should().Contain("4 times");
        (await Repository().LoadAsync("a", Stop)).State.Sum.Should().Be(4, "nothing of it was written");
    }

    [Fact]
    public async Task Handle_ByManyOnOneStream_LosesAndRepeatsNothing()
    {
        DeciderRepository<Tally, int, Counted>[] repositories = [Repository(options: Patient(1000)), Repository(options: Patient(0))];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (int i = 1; i <= 25; i++)
            {
                await repositories[writer % 2].HandleAsync("a", i, cancellationToken: Stop);
            }
        })));

        (await repositories[0].LoadAsync("a", Stop)).State.Should().Be((await Repository(options: Patient(0)).LoadAsync("a", Stop)).State);
        (await Repository().LoadAsync("a", Stop)).State.Sum.Should().Be(4 * 325);

        static DeciderOptions<Tally> Patient(int cached) => new() { MaxAttempts = 10_000, CachedStreams = cached };
    }

    [Fact]
    public async Task Handle_ADeletedStream_BeginsAnewAndVersionsGoOn()
    {
        DeciderRepository<Tally, int, Counted> repository = Repository();
        await repository.HandleAsync("a", 5, cancellationToken: Stop);
        await repository.LoadAsync("a", Stop);
        (await Events.AppendAsync(new EventBatch().Delete("a"), Stop)).OrThrow();

        (await repository.LoadAsync("a", Stop)).Should().Be(new FoldedStream<Tally>(Tally.Decider.Initial, 1, StreamStatus.Deleted));
        Decision<Tally, Counted> decision = await repository.HandleAsync("a", 7, cancellationToken: Stop);

        (decision.State.Sum, decision.Version, decision.Attempts).Should().Be((7, 2, 1));
        (await repository.LoadAsync("a", Stop)).State.Sum.Should().Be(7);
    }

    [Fact]
    public async Task Handle_AStreamWithATombstone_IsRefusedAtOnce()
    {
        DeciderRepository<Tally, int, Counted> repository = Repository();
        (await Events.AppendAsync(new EventBatch().Tombstone("a"), Stop)).OrThrow();

        AppendConflictException refused = (await repository.Awaiting(r => r.HandleAsync("a", 1, cancellationToken: Stop).AsTask()).Should().ThrowAsync<AppendConflictException>()).Which;

        refused.Conflicts.Single().Kind.Should().Be(AppendConflictKind.Tombstone);
    }

    [Fact]
    public async Task Handle_EventIdsThatAreStored_GivesTheStateAndAppendsNothing()
    {
        Decider<Tally, int, object> decider = new(
            Tally.Decider.Initial,
            (number, _) => [new EventData(new Counted(0, number)) { Id = new Guid(number, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1) }],
            (tally, @event) => Tally.Decider.Evolve(tally, (Counted)@event));
        DeciderRepository<Tally, int, object> repository = new(Events, decider);
        (await repository.HandleAsync("a", 5, cancellationToken: Stop)).State.Sum.Should().Be(5);

        Decision<Tally, object> again = await repository.HandleAsync("a", 5, cancellationToken: Stop);

        (again.IsDuplicate, again.State.Sum, again.Version, again.Events.Count).Should().Be((true, 5, 1, 0));
        Events.Head.Should().Be(new EventPosition(1));
    }

    [Fact]
    public async Task Load_AsOf_GivesTheStateOfThen()
    {
        DeciderRepository<Tally, int, Counted> repository = Repository();
        DateTimeOffset start = Time.Now;
        for (int i = 1; i <= 3; i++)
        {
            Time.Now = start.AddMinutes(i);
            await repository.HandleAsync("a", i, cancellationToken: Stop);
        }

        await repository.LoadAsync("a", Stop);
        (await repository.LoadAsync("a", 0, Stop)).Should().Be(new FoldedStream<Tally>(Tally.Decider.Initial, 0, StreamStatus.Absent));
        (await repository.LoadAsync("a", 2, Stop)).State.Order.Should().Be(",1,2");
        (await repository.LoadAsync("a", 99, Stop)).Version.Should().Be(3);
        (await repository.LoadAsync("a", start.AddMinutes(2.5), Stop)).State.Order.Should().Be(",1,2");
        (await repository.LoadAsync("a", start, Stop)).Version.Should().Be(0);
        (await repository.LoadAsync("a", new EventPosition(1), Stop)).State.Order.Should().Be(",1");
        (await repository.LoadAsync("a", Stop)).State.Order.Should().Be(",1,2,3", "older states do not stay");
    }

    [Fact]
    public async Task Handle_OnAKeptState_ReadsOnlyWhatIsNewer()
    {
        int evolved = 0;
        DeciderRepository<Tally, int, Counted> repository = Repository(Tally.Decider with
        {
            Evolve = (tally, counted) =>
            {
                evolved++;
                return Tally.Decider.Evolve(tally, counted);
            },
        });
        for (int i = 1; i <= 50; i++)
        {
            await repository.HandleAsync("a", i, cancellationToken: Stop);
        }

        evolved.Should().BeLessThanOrEqualTo(100, "each is folded when it is decided and once when it is read back");
        (await repository.LoadAsync("a", Stop)).State.Sum.Should().Be(1275);
    }

    [Fact]
    public async Task AKeptState_ThatIsStaleAheadOrOfAnotherStream_ChangesNothing()
    {
        DeciderRepository<Tally, int, Counted> repository = Repository();
        await repository.HandleAsync("a", 5, cancellationToken: Stop);
        await repository.LoadAsync("a", Stop);
        FoldSource source = FoldSource.Of(Events);
        FoldPoint<Tally> kept = repository.Cache!.Find(source, "a")!;

        // Stale: somebody appended since.
        Append("a", 7);
        (await repository.LoadAsync("a", Stop)).State.Order.Should().Be(",5,7");

        // Ahead: the stream has never come that far.
        repository.Cache.Put(source, "a", kept with { State = new Tally(99, 9, "wrong"), Version = 9, LastVersion = 9 });
        (await repository.LoadAsync("a", Stop)).State.Order.Should().Be(",5,7");
        (await repository.HandleAsync("a", 1, cancellationToken: Stop)).Should().BeEquivalentTo(new { Version = 3L, Attempts = 1 });

        // Of events that are hidden since.
        (await Events.AppendAsync(new EventBatch().Retain("a", new StreamRetention { KeepFrom = 3 }), Stop)).OrThrow();
        (await repository.LoadAsync("a", Stop)).State.Order.Should().Be(",1");

        // Another tenant's.
        DeciderRepository<Tally, int, Counted> other = new(Events.ForTenant("x"), Tally.Decider);
        (await other.LoadAsync("a", Stop)).Exists.Should().BeFalse();
    }

    [Fact]
    public async Task AFullCache_ForgetsTheStreamThatWasAskedForLongestAgo()
    {
        DeciderRepository<Tally, int, Counted> repository = Repository(options: new DeciderOptions<Tally> { CachedStreams = 2 });
        foreach (string stream in (string[])["a", "b", "a", "c"])
        {
            Append(stream, 1);
            await repository.LoadAsync(stream, Stop);
        }

        FoldSource source = FoldSource.Of(Events);
        repository.Cache!.Count.Should().Be(2);
        repository.Cache.Find(source, "b").Should().BeNull();
        (await repository.LoadAsync("b", Stop)).State.Sum.Should().Be(1);
    }

    [Fact]
    public async Task AFailedCommit_LeavesNothingInMemory()
    {
        DeciderRepository<Tally, int, Counted> repository = Repository();
        await repository.HandleAsync("a", 5, cancellationToken: Stop);
        DeciderRepository<Tally, int, Counted> failing = Repository(Tally.Decider with { Decide = (_, _) => [new Counted(0, 1), new Counted(0, 2)] });
        await failing.Awaiting(r => r.HandleAsync("a", 1, new HandleOptions { Expected = ExpectedVersion.Exactly(1), Metadata = new EventMetadata { CausationId = new string('x', 2_000_000) } }, Stop).AsTask())
            .Should().ThrowAsync<ArgumentException>();

        failing.Cache!.Find(FoldSource.Of(Events), "a")!.Version.Should().Be(1);
        (await failing.LoadAsync("a", Stop)).State.Order.Should().Be(",5");
    }

    [Fact]
    public async Task Handle_InATransaction_SeesItsOwnEventsAndKeepsOrder()
    {
        DeciderRepository<Tally, int, Counted> repository = Repository();
        await repository.HandleAsync("a", 1, cancellationToken: Stop);
        DatabaseStore<string, int> others = Database.Store<string, int>("others");

        List<Tally> states = await Database.TransactAsync(
            async transaction =>
            {
                List<Tally> seen = [];
                seen.Add((await repository.HandleAsync(transaction, "a", 2, cancellationToken: Stop)).State);
                seen.Add((await repository.HandleAsync(transaction, "a", 3, cancellationToken: Stop)).State);
                seen.Add((await repository.HandleAsync(transaction, "b", 4, cancellationToken: Stop)).State);
                others.In(transaction).Write("done", 1);
                return seen;
            },
            cancellationToken: Stop);

        states.Select(state => state.Order).Should().Equal(",1,2", ",1,2,3", ",4");
        (await Events.ReadStreamAsync("a", cancellationToken: Stop).Select(e => ((Counted)e.Data).Number).ToListAsync(Stop)).Should().Equal(1, 2, 3);
        (await repository.LoadAsync("a", Stop)).State.Order.Should().Be(",1,2,3");
    }

    [Fact]
    public async Task Handle_InATransactionThatConflicts_RunsAgainOnWhatIsThere()
    {
        DeciderRepository<Tally, int, Counted> repository = Repository();
        await repository.HandleAsync("a", 1, cancellationToken: Stop);
        int runs = 0;

        Decision<Tally, Counted> decision = await Database.TransactAsync(
            async transaction =>
            {
                Decision<Tally, Counted> decided = await repository.HandleAsync(transaction, "a", 2, cancellationToken: Stop);
                if (++runs == 1)
                {
                    await repository.HandleAsync("a", 10, cancellationToken: Stop);
                }

                return decided;
            },
            cancellationToken: Stop);

        (runs, decision.State.Order).Should().Be((2, ",1,10,2"));
        (await repository.LoadAsync("a", Stop)).State.Order.Should().Be(",1,10,2");
    }

    [Fact]
    public async Task Handle_InATransactionThatIsGivenUp_LeavesNothing()
    {
        DeciderRepository<Tally, int, Counted> repository = Repository();
        using (DatabaseTransaction transaction = Database.Begin())
        {
            (await repository.HandleAsync(transaction, "a", 2, cancellationToken: Stop)).State.Sum.Should().Be(2);
        }

        (await repository.LoadAsync("a", Stop)).Exists.Should().BeFalse();
    }

    [Fact]
    public async Task Handle_InATransactionThatAppendedOtherwise_IsRefused()
    {
        DeciderRepository<Tally, int, Counted> repository = Repository();
        await repository.HandleAsync("a", 1, cancellationToken: Stop);
        using DatabaseTransaction transaction = Database.Begin();
        Events.In(transaction).Append("a", ExpectedVersion.Any, new Counted(0, 9));

        await repository.Awaiting(r => r.HandleAsync(transaction, "a", 2, cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidOperationException>().WithMessage("*other means*");
        await Database.Awaiting(database => database.ExecuteAsync(inside => repository.HandleAsync(inside, "a", 2).AsTask().GetAwaiter().GetResult(), cancellationToken: Stop).AsTask())
            .Should().ThrowAsync<InvalidOperationException>().WithMessage("*TransactAsync*");
    }

    [Fact]
    public async Task AHandle_AppendsWhatItDecidedAsOne_IfNobodyWasFaster()
    {
        DeciderRepository<Tally, int, Counted> repository = Repository();
        Append("a", 1);
        DeciderHandle<Tally, int, Counted> mine = await repository.OpenAsync("a", Stop);
        DeciderHandle<Tally, int, Counted> late = await repository.OpenAsync("a", Stop);
        await mine.DecideAsync(2, Stop);
        await mine.DecideAsync(3, Stop);
        await mine.Awaiting(handle => handle.DecideAsync(-1, Stop).AsTask()).Should().ThrowAsync<InvalidOperationException>();
        await late.DecideAsync(9, Stop);

        (mine.StartingVersion, mine.CurrentVersion, mine.State.Order, mine.Pending.Count).Should().Be((1, 3, ",1,2,3", 2));
        (await mine.SaveAsync(cancellationToken: Stop)).OrThrow().Version.Should().Be(3);
        (await late.SaveAsync(cancellationToken: Stop)).Conflicts.Single().Actual.Should().Be(3);
        await mine.DecideAsync(4, Stop);
        (mine.StartingVersion, mine.CurrentVersion).Should().Be((1, 4));
        (await mine.SaveAsync(cancellationToken: Stop)).OrThrow();
        (await mine.SaveAsync(cancellationToken: Stop)).Version.Should().Be(4, "nothing is pending");

        (await repository.LoadAsync("a", Stop)).State.Order.Should().Be(",1,2,3,4");
        (late.CurrentVersion, late.Pending.Count).Should().Be((2, 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10_001)]
    public void Options_OutOfRange_AreRefused(int attempts)
    {
        FluentActions.Invoking(() => new DeciderOptions<Tally> { MaxAttempts = attempts }).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new DeciderOptions<Tally> { CachedStreams = -1 }).Should().Throw<ArgumentOutOfRangeException>();
    }

    private protected DeciderRepository<Tally, int, Counted> Repository(Decider<Tally, int, Counted>? decider = null, DeciderOptions<Tally>? options = null) =>
        new(Events, decider ?? Tally.Decider, options);

    private protected void Append(StreamId stream, int number) =>
        Events.AppendAsync(stream, ExpectedVersion.Any, [new Counted(0, number)], Stop).AsTask().GetAwaiter().GetResult().OrThrow();

    private protected abstract ValueTask<Database> OpenAsync();

    protected abstract ValueTask CloseAsync();
}

public sealed class MemoryDeciderRepositoryTests : DeciderRepositoryContract
{
    private protected override ValueTask<Database> OpenAsync() => new(Database.InMemory(Schema, new DatabaseOptions { TimeProvider = Time }));

    protected override ValueTask CloseAsync() => Database.DisposeAsync();
}

public sealed class LoggedDeciderRepositoryTests : DeciderRepositoryContract
{
    private readonly TemporaryDirectory _directory = new();

    private protected override async ValueTask<Database> OpenAsync() => await Database.OpenAsync(_directory.Path, Schema, new DatabaseOptions { TimeProvider = Time }, Stop);

    protected override async ValueTask CloseAsync()
    {
        await Database.DisposeAsync();
        _directory.Dispose();
    }
}
