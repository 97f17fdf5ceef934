using System.Collections.Concurrent;

namespace DataIntensive.Tests.Events;

/// <summary>What every event store in a database does, on whatever log.</summary>
public abstract partial class EventStoreContract : IAsyncLifetime
{
    protected Database Database { get; set; } = null!;

    private protected SettableTime Time { get; } = new();

    protected DatabaseSchema Schema { get; } = new DatabaseSchema()
        .AddStore<string, int>("before")
        .AddEvents(TestEvents.Map)
        .AddEvents(TestEvents.Map, "others")
        .AddEvents(TestEvents.Map, "small", new EventStoreOptions { MaxEventBytes = 1024, MaxBatchEvents = 3, EventIdHorizon = 8 });

    protected IEventStore Store => Database.Events();

    protected IEventStore Small => Database.Events("small");

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Database = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Append_ToANewStream_GivesVersionsFromOne()
    {
        AppendResult first = await Store.AppendAsync("a", ExpectedVersion.None, [new Deposited(1.10m), new Withdrawn(0.10m)], Stop);
        AppendResult second = await Store.AppendAsync("a", ExpectedVersion.Exactly(2), [new Deposited(3)], Stop);

        first.Should().Be(new AppendResult { Version = 2, Position = new EventPosition(2) });
        second.Should().Be(new AppendResult { Version = 3, Position = new EventPosition(3) });
        List<RecordedEvent> read = await Store.ReadStreamAsync("a", cancellationToken: Stop).ToListAsync(Stop);
        read.Select(e => (e.Version, e.Position.Value, e.Name, e.SchemaVersion, e.Data)).Should().Equal(
            (1, 1, "deposited", 1, new Deposited(1.10m)),
            (2, 2, "withdrawn", 1, new Withdrawn(0.10m)),
            (3, 3, "deposited", 1, new Deposited(3)));
        read.Should().OnlyContain(e => e.Stream == "a" && e.Timestamp == Time.Now);
    }

    [Fact]
    public async Task Append_WithAFalseExpectation_IsAConflictAndWritesNothing()
    {
        await Store.AppendAsync("a", ExpectedVersion.None, [new Deposited(1)], Stop);

        AppendResult again = await Store.AppendAsync("a", ExpectedVersion.None, [new Deposited(2)], Stop);

        (again.Succeeded, again.IsDuplicate, again.Version, again.Position).Should().Be((false, false, 1, EventPosition.Start));
        AppendConflictException conflict = again.Invoking(result => result.OrThrow()).Should().Throw<AppendConflictException>().Which;
        conflict.Conflicts.Should().Equal(new AppendConflict(AppendConflictKind.Version, "a", ExpectedVersion.None, 1, StreamStatus.Live, default));
        (await Store.HeadAsync(Stop)).Should().Be(new EventPosition(1));
        (await Store.VersionAsync("a", Stop)).Should().Be(1);
    }

    [Theory]
    [InlineData("any", true, true)]
    [InlineData("none", true, false)]
    [InlineData("exists", false, true)]
    [InlineData("0", true, false)]
    [InlineData("1", false, true)]
    [InlineData("2", false, false)]
    public async Task Append_ByExpectation_HoldsForAbsentAndLiveStreams(string expected, bool onAbsent, bool onLive)
    {
        ExpectedVersion expectation = expected switch
        {
            "any" => ExpectedVersion.Any,
            "none" => ExpectedVersion.None,
            "exists" => ExpectedVersion.Exists,
            _ => ExpectedVersion.Exactly(int.Parse(expected)),
        };
        await Store.AppendAsync("live", ExpectedVersion.Any, [new Deposited(1)], Stop);

        // With nothing to append only the expectation is checked.
        AppendResult absent = await Store.AppendAsync("absent", expectation, [], Stop);
        (absent.Succeeded, absent.Version, absent.Position).Should().Be((onAbsent, 0, default));
        AppendResult live = await Store.AppendAsync("live", expectation, [], Stop);
        (live.Succeeded, live.Version, live.Position).Should().Be((onLive, 1, default));
        (await Store.HeadAsync(Stop)).Value.Should().Be(1);
        (await Store.VersionAsync("absent", Stop)).Should().Be(0);

        (await Store.AppendAsync("absent", expectation, [new Deposited(2)], Stop)).Succeeded.Should().Be(onAbsent);
        (await Store.AppendAsync("live", expectation, [new Deposited(2)], Stop)).Succeeded.Should().Be(onLive);
        (await Store.VersionAsync("absent", Stop)).Should().Be(onAbsent ? 1 : 0);
        (await Store.VersionAsync("live", Stop)).Should().Be(onLive ? 2 : 1);
    }

    [Fact]
    public async Task Append_WhenTheSequenceThrowsHalfway_StoresNothing()
    {
        static IEnumerable<object> Halfway()
        {
            yield return new Deposited(1);
            throw new InvalidDataException("no");
        }

        await Store.Awaiting(store => store.AppendAsync("a", ExpectedVersion.Any, Halfway(), Stop).AsTask()).Should().ThrowAsync<InvalidDataException>();

        await ExpectNothingAndThenTheFirst();
    }

    [Fact]
    public async Task Append_OfATypeThatIsNotMapped_IsRefusedBeforeAnythingIsWritten()
    {
        await Store.Awaiting(store => store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(1), new NotMapped(2)], Stop).AsTask())
            .Should().ThrowAsync<ArgumentException>().WithMessage("*NotMapped*");
        await Store.Awaiting(store => store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(1), null!], Stop).AsTask())
            .Should().ThrowAsync<ArgumentException>();

        await ExpectNothingAndThenTheFirst();
    }

    [Fact]
    public async Task AnyCall_WithTheDefaultStreamId_IsRefused()
    {
        await Store.Awaiting(store => store.AppendAsync(default, ExpectedVersion.Any, [new Deposited(1)], Stop).AsTask()).Should().ThrowAsync<ArgumentException>();
        Store.Invoking(store => store.ReadStreamAsync(default, cancellationToken: Stop)).Should().Throw<ArgumentException>();
        await Store.Awaiting(store => store.VersionAsync(default, Stop).AsTask()).Should().ThrowAsync<ArgumentException>();

        await ExpectNothingAndThenTheFirst();
    }

    [Fact]
    public async Task AnyCall_WithACancelledToken_DoesNothing()
    {
        CancellationToken cancelled = new(canceled: true);

        await Store.Awaiting(store => store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(1)], cancelled).AsTask()).Should().ThrowAsync<OperationCanceledException>();
        await Store.Awaiting(store => store.ReadAllAsync(cancellationToken: cancelled).CountAsync().AsTask()).Should().ThrowAsync<OperationCanceledException>();
        await Store.Awaiting(store => store.SubscribeToEventsAsync(cancellationToken: cancelled).CountAsync().AsTask()).Should().ThrowAsync<OperationCanceledException>();

        await ExpectNothingAndThenTheFirst();
    }

    [Fact]
    public async Task Read_OfAnUnknownStream_GivesNothing()
    {
        await Store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(1)], Stop);

        (await Store.ReadStreamAsync("b", cancellationToken: Stop).CountAsync(Stop)).Should().Be(0);
        (await Store.VersionAsync("b", Stop)).Should().Be(0);
    }

    [Fact]
    public async Task Read_FromAPlace_GivesItAndTheRest()
    {
        for (int i = 1; i <= 5; i++)
        {
            await Store.AppendAsync("a", ExpectedVersion.Any, [new Counted(0, i)], Stop);
            await Store.AppendAsync("b", ExpectedVersion.Any, [new Counted(1, i)], Stop);
        }

        (await Store.ReadStreamAsync("a", 3, Stop).Select(e => e.Version).ToListAsync(Stop)).Should().Equal(3, 4, 5);
        (await Store.ReadStreamAsync("a", 6, Stop).CountAsync(Stop)).Should().Be(0);
        (await Store.ReadAllAsync(new EventPosition(8), Stop).Select(e => e.Position.Value).ToListAsync(Stop)).Should().Equal(8, 9, 10);
        (await Store.ReadAllAsync(new EventPosition(11), Stop).CountAsync(Stop)).Should().Be(0);
        (await Store.ReadAllAsync(cancellationToken: Stop).CountAsync(Stop)).Should().Be(10);
        Store.Invoking(store => store.ReadStreamAsync("a", 0, Stop)).Should().Throw<ArgumentOutOfRangeException>();
        Store.Invoking(store => store.ReadAllAsync(new EventPosition(-1), Stop)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task Read_OfAStreamFarApartInTheLog_GivesItsOwnEventsOnly()
    {
        for (int i = 1; i <= 4; i++)
        {
            await Store.AppendAsync("far", ExpectedVersion.Any, [new Counted(0, i)], Stop);
            await Store.AppendAsync("filler", ExpectedVersion.Any, Enumerable.Range(0, 700).Select(n => new Counted(1, n)), Stop);
        }

        List<RecordedEvent> read = await Store.ReadStreamAsync("far", cancellationToken: Stop).ToListAsync(Stop);

        read.Select(e => e.Data).Should().Equal(Enumerable.Range(1, 4).Select(i => new Counted(0, i)));
        read.Select(e => e.Position.Value).Should().Equal(1, 702, 1403, 2104);
    }

    [Fact]
    public async Task EventStores_OfOneDatabase_CountForThemselves()
    {
        await Store.AppendAsync("a", ExpectedVersion.None, [new Deposited(1)], Stop);
        AppendResult other = await Database.Events("others").AppendAsync("a", ExpectedVersion.None, [new Deposited(2)], Stop);

        other.Position.Should().Be(new EventPosition(1));
        (await Database.Events("others").ReadAllAsync(cancellationToken: Stop).SingleAsync(Stop)).Data.Should().Be(new Deposited(2));
        (await Database.Events("others").SubscribeToEventsAsync(cancellationToken: Stop).FirstAsync(Stop)).Data.Should().Be(new Deposited(2));
    }

    [Fact]
    public async Task Timestamps_WhenTheClockGoesBack_DoNot()
    {
        DateTimeOffset noon = Time.Now;
        await Store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(1)], Stop);
        Time.Now = noon.AddHours(-1);
        await Store.AppendAsync("b", ExpectedVersion.Any, [new Deposited(2)], Stop);
        Time.Now = noon.AddMicroseconds(5);
        await Store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(3)], Stop);

        (await Store.ReadAllAsync(cancellationToken: Stop).Select(e => e.Timestamp).ToListAsync(Stop)).Should().Equal(noon, noon, noon.AddMicroseconds(5));
    }

    [Fact]
    public async Task Append_ByRacersWithTheSameExpectation_OneWinsPerVersion()
    {
        ConcurrentBag<(long Version, Counted Event)> won = [];
        Task[] racers = [.. Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (int i = 0; i < 25; i++)
            {
                long version = await Store.VersionAsync("a", Stop);
                Counted counted = new(writer, i);
                AppendResult result = await Store.AppendAsync("a", ExpectedVersion.Exactly(version), [counted], Stop);
                if (result.Succeeded)
                {
                    result.Version.Should().Be(version + 1);
                    won.Add((result.Version, counted));
                }
                else
                {
                    // The answer is given when what it rests on can be read.
                    result.Version.Should().BeGreaterThan(version);
                    (await Store.VersionAsync("a", Stop)).Should().BeGreaterThanOrEqualTo(result.Version);
                }
            }
        }))];
        await Task.WhenAll(racers);

        List<RecordedEvent> stored = await Store.ReadStreamAsync("a", cancellationToken: Stop).ToListAsync(Stop);
        stored.Select(e => (e.Version, (Counted)e.Data)).Should().Equal(won.OrderBy(win => win.Version).Select(win => (win.Version, win.Event)));
        stored.Select(e => e.Version).Should().Equal(Enumerable.Range(1, won.Count).Select(i => (long)i));
    }

    [Fact]
    public async Task Append_ByManyWhoCancelAtRandom_LeavesNoGapAndEverySubscriberSeesEachEventOnce()
    {
        const int Seed = 20_260_101;
        CancellationToken stop = Stop;
        ConcurrentBag<Counted> acknowledged = [];
        ConcurrentBag<Counted> neverBegun = [];
        await Database.Store<string, int>("before").WriteAsync("a", 1, stop);
        Task<List<RecordedEvent>>[] subscribers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
            Store.SubscribeToEventsAsync(cancellationToken: stop).TakeWhile(e => e.Stream != "end").ToListAsync(stop).AsTask()))];

        Task[] writers = [.. Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            Random random = new(Seed + writer);
            for (int i = 0; i < 60; i++)
            {
                Counted[] batch = [.. Enumerable.Range(0, random.Next(1, 4)).Select(n => new Counted(writer, (i * 10) + n))];
                using CancellationTokenSource cancel = new();
                bool early = random.Next(6) == 0;
                bool late = random.Next(3) == 0;
                if (early)
                {
                    cancel.Cancel();
                }

                Task<AppendResult> append = Store.AppendAsync($"s{random.Next(5)}", ExpectedVersion.Any, batch, cancel.Token).AsTask();
                if (late)
                {
                    cancel.Cancel();
                }

                try
                {
                    await append;
                    Array.ForEach(batch, acknowledged.Add);
                }
                catch (OperationCanceledException)
                {
                    Array.ForEach(early ? batch : [], neverBegun.Add);
                }
            }
        }))];
        await Task.WhenAll(writers);
        await Store.AppendAsync("end", ExpectedVersion.None, [new Counted(-1, 0)], stop);

        List<RecordedEvent> all = await Store.ReadAllAsync(cancellationToken: stop).Where(e => e.Stream != "end").ToListAsync(stop);
        all.Select(e => e.Position.Value).Should().Equal(Enumerable.Range(1, all.Count).Select(i => (long)i));
        foreach (IGrouping<StreamId, RecordedEvent> stream in all.GroupBy(e => e.Stream))
        {
            stream.Select(e => e.Version).Should().Equal(Enumerable.Range(1, stream.Count()).Select(i => (long)i));
            (await Store.ReadStreamAsync(stream.Key, cancellationToken: stop).ToListAsync(stop)).Should().Equal(stream);
        }

        neverBegun.Should().NotBeEmpty();
        List<object> stored = [.. all.Select(e => e.Data)];
        stored.Should().OnlyHaveUniqueItems().And.Contain(acknowledged).And.NotContain(neverBegun);
        foreach (Task<List<RecordedEvent>> subscriber in subscribers)
        {
            (await subscriber).Should().Equal(all);
        }
    }

    [Fact]
    public async Task Subscribe_WhileOthersAppend_HandsOverWithoutLossOrDuplicate()
    {
        CancellationToken stop = Stop;
        const int PerWriter = 100;
        for (int i = 0; i < 50; i++)
        {
            await Store.AppendAsync("history", ExpectedVersion.Any, [new Counted(-1, i)], stop);
        }

        Task[] writers = [.. Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (int i = 0; i < PerWriter; i++)
            {
                await Store.AppendAsync($"w{writer}", ExpectedVersion.Exactly(i), [new Counted(writer, i)], stop);
            }
        }))];

        List<long> seen = [];
        await foreach (RecordedEvent recorded in Store.SubscribeToEventsAsync(new EventPosition(20), stop))
        {
            // Who gets an event can read what is there up to it.
            (await Store.HeadAsync(stop)).Should().BeGreaterThanOrEqualTo(recorded.Position);
            seen.Add(recorded.Position.Value);
            if (seen.Count == 430)
            {
                break;
            }
        }

        seen.Should().Equal(Enumerable.Range(21, 430).Select(i => (long)i));
        await Task.WhenAll(writers);
    }

    [Fact]
    public async Task Subscribe_BehindTheHead_GivesOnlyWhatComes()
    {
        AppendResult last = await Store.AppendAsync("a", ExpectedVersion.Any, [new Counted(0, 1), new Counted(0, 2)], Stop);
        await using IAsyncEnumerator<RecordedEvent> subscription = Store.SubscribeToEventsAsync(last.Position, Stop).GetAsyncEnumerator(Stop);
        ValueTask<bool> next = subscription.MoveNextAsync();
        next.IsCompleted.Should().BeFalse();

        await Store.AppendAsync("a", ExpectedVersion.Any, [new Counted(0, 3)], Stop);

        (await next).Should().BeTrue();
        subscription.Current.Data.Should().Be(new Counted(0, 3));
        Store.Invoking(store => store.SubscribeToEventsAsync(new EventPosition(4), Stop)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task Subscribe_WhenCancelled_Ends()
    {
        using CancellationTokenSource cancel = new();
        await using IAsyncEnumerator<RecordedEvent> subscription = Store.SubscribeToEventsAsync(cancellationToken: cancel.Token).GetAsyncEnumerator(Stop);
        ValueTask<bool> next = subscription.MoveNextAsync();

        await cancel.CancelAsync();

        await next.Awaiting(waiting => waiting.AsTask()).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task Dispose_EndsSubscriptionsAndRefusesEverythingElse()
    {
        IEventStore store = Store;
        await store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(1)], Stop);
        await using IAsyncEnumerator<RecordedEvent> reading = store.ReadAllAsync(cancellationToken: Stop).GetAsyncEnumerator(Stop);
        await using IAsyncEnumerator<RecordedEvent> subscription = store.SubscribeToEventsAsync(new EventPosition(1), Stop).GetAsyncEnumerator(Stop);
        ValueTask<bool> next = subscription.MoveNextAsync();

        await Database.DisposeAsync();

        (await next).Should().BeFalse();
        await store.Awaiting(s => s.AppendAsync("a", ExpectedVersion.Any, [new Deposited(1)], Stop).AsTask()).Should().ThrowAsync<ObjectDisposedException>();
        await store.Awaiting(s => s.VersionAsync("a", Stop).AsTask()).Should().ThrowAsync<ObjectDisposedException>();
        await store.Awaiting(s => s.HeadAsync(Stop).AsTask()).Should().ThrowAsync<ObjectDisposedException>();
        await reading.Awaiting(r => r.MoveNextAsync().AsTask()).Should().ThrowAsync<ObjectDisposedException>();
        store.Invoking(s => s.ReadStreamAsync("a", cancellationToken: Stop)).Should().Throw<ObjectDisposedException>();
        store.Invoking(s => s.SubscribeToEventsAsync(cancellationToken: Stop)).Should().Throw<ObjectDisposedException>();
    }

    protected abstract ValueTask<Database> OpenAsync();

    protected virtual ValueTask CloseAsync() => Database.DisposeAsync();

    private async Task ExpectNothingAndThenTheFirst()
    {
        (await Store.HeadAsync(Stop)).Should().Be(EventPosition.Start);
        (await Store.ReadAllAsync(cancellationToken: Stop).CountAsync(Stop)).Should().Be(0);
        (await Store.AppendAsync("a", ExpectedVersion.None, [new Deposited(1)], Stop)).Position.Should().Be(new EventPosition(1));
    }
}
