using System.Collections.Concurrent;

namespace DataIntensive.Tests.Events;

/// <summary>What a subscription does, on whatever log.</summary>
public abstract partial class EventSubscriptionContract : IAsyncLifetime
{
    private protected CountingTime Time { get; } = new();

    private protected Database Database { get; set; } = null!;

    private protected static DatabaseSchema Schema { get; } = new DatabaseSchema().AddEvents(TestEvents.Map).AddStore<long, int>("effects").AddCheckpoints();

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    private DatabaseEventStore Events => Database.Events();

    private DatabaseStore<long, int> Effects => Database.Store<long, int>("effects");

    private static EventQuery Counts => EventQuery.OfType("counted");

    public async ValueTask InitializeAsync() => Database = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Run_WhileManyAppend_HandlesEveryEventOnceInOrder()
    {
        const int Writers = 8;
        const int Each = 40;
        await AppendAsync("before", 25);
        ConcurrentQueue<long> positions = new();
        EventSubscription subscription = Collecting("live", EventQuery.All, recorded => positions.Enqueue(recorded.Position.Value));
        using Running running = Run(subscription);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => AppendAsync($"writer-{writer}", Each))));

        await subscription.WaitForAsync(Events.Head, Stop);

        positions.Should().Equal(Enumerable.Range(1, 25 + (Writers * Each)).Select(position => (long)position));
        subscription.Status.Should().NotBe(SubscriptionStatus.Stopped);
        await running.StopAsync();
        subscription.Status.Should().Be(SubscriptionStatus.Stopped);
        subscription.Failure.Should().BeNull();
    }

    [Fact]
    public async Task Run_AgainAfterAStop_GoesOnBehindWhatWasHandled()
    {
        List<long> positions = [];
        await AppendAsync("a", 10);
        EventSubscription subscription = Collecting("again", EventQuery.All, recorded => positions.Add(recorded.Position.Value));
        await subscription.RunToEndAsync(Stop);
        await AppendAsync("a", 5);
        await ReopenAsync();
        await Collecting("again", EventQuery.All, recorded => positions.Add(recorded.Position.Value)).RunToEndAsync(Stop);

        positions.Should().Equal(Enumerable.Range(1, 15).Select(position => (long)position));
    }

    [Fact]
    public async Task Run_WhenStoppedInTheMiddle_SavesHowFarItCame()
    {
        await AppendAsync("a", 50);
        using CancellationTokenSource stop = new();
        List<long> positions = [];
        EventSubscription subscription = Collecting("middle", EventQuery.All, recorded =>
        {
            positions.Add(recorded.Position.Value);
            if (positions.Count == 30)
            {
                stop.Cancel();
            }
        });

        await subscription.Awaiting(s => s.RunAsync(stop.Token)).Should().ThrowAsync<OperationCanceledException>();
        await subscription.RunToEndAsync(Stop);

        positions.Should().Equal(Enumerable.Range(1, 50).Select(position => (long)position));
    }

    [Fact]
    public async Task Transactional_EffectsAndCheckpoint_AreOneCommit()
    {
        await AppendAsync("a", 25);
        SubscriptionOptions options = new() { EventsPerCheckpoint = 10 };
        bool fails = true;
        EventSubscription subscription = Writing("exact", options, number =>
        {
            if (number == 18 && fails)
            {
                throw new IOException("broken");
            }
        });

        SubscriptionHandlerException stopped = (await subscription.Awaiting(s => s.RunToEndAsync(Stop)).Should().ThrowAsync<SubscriptionHandlerException>()).Which;

        (stopped.Event.Position, stopped.Attempts, stopped.InnerException!.Message).Should().Be((new EventPosition(18), 1, "broken"));
        subscription.Failure.Should().BeSameAs(stopped);
        Effects.ReadAll().Select(entry => entry.Key).Order().Should().Equal(Enumerable.Range(1, 17).Select(number => (long)number), "those before it are kept, and nothing of it");
        await ReopenAsync();
        fails = false;
        await Writing("exact", options, _ => { }).RunToEndAsync(Stop);

        Effects.ReadAll().OrderBy(entry => entry.Key).Select(entry => (entry.Key, entry.Value.Value)).Should().Equal(Enumerable.Range(1, 25).Select(number => ((long)number, 1)));
    }

    [Fact]
    public async Task Transactional_CommitsManyEventsAtOnce()
    {
        await AppendAsync("a", 95);
        LogPosition before = Database.Visible;
        EventSubscription subscription = Writing("many", new SubscriptionOptions { EventsPerCheckpoint = 10 }, _ => { });

        await subscription.RunToEndAsync(Stop);

        (Database.Visible.Value - before.Value).Should().Be(95 + 10, "one record for each effect, and a checkpoint for ten");
        (subscription.Handled, subscription.Position.Value).Should().Be((95, 95));
    }

    [Fact]
    public async Task Filtered_OnASparseStore_ComesToTheHeadAndReadsNothingAgain()
    {
        await AppendAsync("a", 2);
        for (int i = 0; i < 12; i++)
        {
            await Events.AppendAsync("noise", ExpectedVersion.Any, Enumerable.Repeat(new Noted("x"), 10), Stop);
        }

        SubscriptionOptions options = new() { ForeignPositionsPerCheckpoint = 50 };
        int handled = 0;
        EventSubscription subscription = Collecting("sparse", Counts, _ => handled++, options);
        using (Running running = Run(subscription))
        {
            await subscription.WaitForAsync(Events.Head, Stop);
            await running.StopAsync();
        }

        // It had caught up behind its own events at the head, and saved that.
        Events.State.HeadAt(Database.Checkpoints().Read("sparse")).Should().Be(new EventPosition(122));
        await Events.AppendAsync("noise", ExpectedVersion.Any, Enumerable.Repeat(new Noted("x"), 49), Stop);
        await subscription.RunToEndAsync(Stop);
        Events.State.HeadAt(Database.Checkpoints().Read("sparse")).Should().Be(new EventPosition(122), "not far enough");
        await Events.AppendAsync("noise", ExpectedVersion.Any, [new Noted("x")], Stop);
        await subscription.RunToEndAsync(Stop);
        Events.State.HeadAt(Database.Checkpoints().Read("sparse")).Should().Be(new EventPosition(172));
        handled.Should().Be(2);
    }

    [Fact]
    public async Task AnIdleSubscription_WritesNothingAndIsNotSetGoingByItself()
    {
        await AppendAsync("a", 3);
        EventSubscription subscription = Collecting("idle", EventQuery.All, _ => { });
        using Running running = Run(subscription);
        await subscription.WaitForAsync(new EventPosition(3), Stop);
        await WaitUntilAsync(() => Database.Checkpoints().Read("idle").Value > 0);
        LogPosition idle = Database.Visible;
        int timers = Time.Timers;

        // Something else that is no event, and a second subscription that saves: the first has nothing to do.
        await Effects.WriteAsync(1, 1, Stop);
        await Collecting("second", EventQuery.All, _ => { }).RunToEndAsync(Stop);

        await WaitUntilAsync(() => Database.Visible.Value >= idle.Value + 2);
        await AppendAsync("a", 1);
        await subscription.WaitForAsync(new EventPosition(4), Stop);
        await WaitUntilAsync(() => Events.State.HeadAt(Database.Checkpoints().Read("idle")).Value == 4);
        Database.Visible.Value.Should().Be(idle.Value + 4, "one effect, one other checkpoint, one event, one checkpoint");
        Time.Timers.Should().Be(timers, "it is told, and asks no clock");
    }

    [Fact]
    public async Task CaughtUpAndFellBehind_AreTold_AndAWriterNeverWaits()
    {
        ConcurrentQueue<string> told = new();
        using SemaphoreSlim mayHandle = new(0);
        SubscriptionOptions options = new()
        {
            FellBehindAt = 20,
            CaughtUp = position => told.Enqueue($"caught up at {position}"),
            FellBehind = (position, lag) => told.Enqueue($"fell behind at {position}"),
        };
        EventSubscription subscription = EventSubscription.Create(
            Events, Database.Checkpoints(), "slow", EventQuery.All, async (_, token) => await mayHandle.WaitAsync(token), options);
        using Running running = Run(subscription);
        await WaitUntilAsync(() => subscription.Status == SubscriptionStatus.Live);

        for (int i = 0; i < 50; i++)
        {
            await AppendAsync("a", 10);
        }

        subscription.Lag.Should().Be(500);
        mayHandle.Release();
        await WaitUntilAsync(() => subscription.Status == SubscriptionStatus.CatchingUp);
        mayHandle.Release(499);
        await subscription.WaitForAsync(new EventPosition(500), Stop);
        await WaitUntilAsync(() => subscription.Status == SubscriptionStatus.Live);

        told.Should().Equal("caught up at 0", "fell behind at 1", "caught up at 500");
        subscription.Lag.Should().Be(0);
    }

    [Fact]
    public async Task AThrowingHandler_StopsItWithTheCause_AndTheEventComesAgain()
    {
        await AppendAsync("a", 5);
        List<int> handled = [];
        bool fails = true;
        EventSubscription subscription = Collecting("stopping", EventQuery.All, recorded =>
        {
            handled.Add(((Counted)recorded.Data).Number);
            if (handled.Count == 3 && fails)
            {
                throw new IOException("broken");
            }
        });
        Task waiting = Task.Run(async () =>
        {
            await WaitUntilAsync(() => subscription.Status != SubscriptionStatus.Stopped || subscription.Failure is not null);
            await subscription.WaitForAsync(new EventPosition(5), Stop);
        });

        SubscriptionHandlerException stopped = (await subscription.Awaiting(s => s.RunAsync(Stop)).Should().ThrowAsync<SubscriptionHandlerException>()).Which;

        stopped.Message.Should().Contain("'stopping'").And.Contain("position 3").And.Contain("broken");
        (await FluentActions.Awaiting(() => waiting).Should().ThrowAsync<InvalidOperationException>()).Which.InnerException.Should().BeSameAs(stopped);
        fails = false;
        await subscription.RunToEndAsync(Stop);
        handled.Should().Equal(1, 2, 3, 3, 4, 5);
        subscription.Failure.Should().BeNull();
    }

    [Fact]
    public async Task AFailingHandler_IsTriedAgainByTheClock_WithLongerWaits()
    {
        await AppendAsync("a", 2);
        int failures = 0;
        SubscriptionOptions options = new() { MaxAttempts = 4, RetryDelay = TimeSpan.FromSeconds(10), MaxRetryDelay = TimeSpan.FromSeconds(15), TimeProvider = Time };
        EventSubscription subscription = Writing("retrying", options, number =>
        {
            if (number == 2 && failures++ < 5)
            {
                throw new IOException("not yet");
            }
        });
        Task running = subscription.RunToEndAsync(Stop);
        foreach (int seconds in (int[])[10, 15, 15])
        {
            await WaitUntilAsync(() => Time.LastDueTime == TimeSpan.FromSeconds(seconds));
            running.IsCompleted.Should().BeFalse();
            Time.LastDueTime = null;
            Time.Clock.Advance(TimeSpan.FromSeconds(seconds));
        }

        SubscriptionHandlerException stopped = (await FluentActions.Awaiting(() => running).Should().ThrowAsync<SubscriptionHandlerException>()).Which;

        // In the batch, then alone as often as it may.
        (stopped.Attempts, failures).Should().Be((4, 5));
        Effects.ReadAll().Select(entry => entry.Key).Should().Equal(1L);
    }

    [Fact]
    public async Task ASecondOfTheSameName_IsRefused_AndAnotherNameIsNot()
    {
        EventSubscription first = Collecting("one", EventQuery.All, _ => { });
        using Running running = Run(first);
        await WaitUntilAsync(() => first.Status == SubscriptionStatus.Live);

        await Collecting("one", EventQuery.All, _ => { }).Awaiting(s => s.RunToEndAsync(Stop)).Should().ThrowAsync<InvalidOperationException>().WithMessage("*'one'*");
        await first.Awaiting(s => s.RewindAsync(default(EventPosition), Stop).AsTask()).Should().ThrowAsync<InvalidOperationException>();
        await Collecting("two", EventQuery.All, _ => { }).RunToEndAsync(Stop);
        await running.StopAsync();

        await Collecting("one", EventQuery.All, _ => { }).RunToEndAsync(Stop);
    }

    [Fact]
    public async Task Rewind_ToAPositionAStartOrATime_HandlesAgainWhatIsBehindIt()
    {
        DateTimeOffset start = Time.Clock.GetUtcNow();
        for (int i = 0; i < 6; i++)
        {
            await AppendAsync("a", 1);
            Time.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        List<long> positions = [];
        EventSubscription subscription = Collecting("rewound", EventQuery.All, recorded => positions.Add(recorded.Position.Value));
        await subscription.RunToEndAsync(Stop);
        await subscription.RewindAsync(new EventPosition(4), Stop);
        await subscription.RunToEndAsync(Stop);
        await subscription.RewindAsync(start.AddMinutes(3), Stop);
        await subscription.RunToEndAsync(Stop);
        await subscription.RewindAsync(start.AddDays(-1), Stop);
        await subscription.RunToEndAsync(Stop);
        positions.Should().Equal([1, 2, 3, 4, 5, 6, 5, 6, 4, 5, 6, 1, 2, 3, 4, 5, 6]);

        positions.Clear();
        await subscription.RewindAsync(default(EventPosition), Stop);
        await subscription.RewindAsync(start.AddMinutes(4.5), Stop);
        await subscription.RunToEndAsync(Stop);
        positions.Should().Equal(6);
        await subscription.Awaiting(s => s.RewindAsync(new EventPosition(7), Stop).AsTask()).Should().ThrowAsync<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task WithoutACheckpoint_ItBeginsWhereItIsTold()
    {
        DateTimeOffset start = Time.Clock.GetUtcNow();
        await AppendAsync("a", 3);
        Time.Clock.Advance(TimeSpan.FromMinutes(1));
        await AppendAsync("a", 3);

        (await HandledFrom("beginning", SubscriptionStart.Beginning)).Should().Equal(1, 2, 3, 4, 5, 6, 7);
        (await HandledFrom("end", SubscriptionStart.End)).Should().Equal(8);
        (await HandledFrom("after", SubscriptionStart.After(new EventPosition(7)))).Should().Equal(8, 9);
        (await HandledFrom("time", SubscriptionStart.From(start.AddMinutes(0.5)))).Should().Equal(4, 5, 6, 7, 8, 9, 10);
        await FluentActions.Awaiting(() => HandledFrom("beyond", SubscriptionStart.After(new EventPosition(99)))).Should().ThrowAsync<InvalidOperationException>();

        // What the first run passed over stays so.
        List<long> positions = [];
        await Collecting("end", EventQuery.All, recorded => positions.Add(recorded.Position.Value)).RunToEndAsync(Stop);
        positions.Should().Equal(9, 10, 11);

        async Task<List<long>> HandledFrom(string name, SubscriptionStart from)
        {
            List<long> handled = [];
            EventSubscription subscription = Collecting(name, EventQuery.All, recorded => handled.Add(recorded.Position.Value), new SubscriptionOptions { Start = from });
            if (name == "end")
            {
                await subscription.RunToEndAsync(Stop);
            }

            await AppendAsync("a", 1);
            await subscription.RunToEndAsync(Stop);
            return handled;
        }
    }

    [Fact]
    public async Task ACheckpointBeyondTheLog_IsRefused()
    {
        await Database.Checkpoints().SaveAsync("ahead", new LogPosition(1_000), Stop);

        await Collecting("ahead", EventQuery.All, _ => { }).Awaiting(s => s.RunToEndAsync(Stop)).Should().ThrowAsync<CheckpointAheadException>();
    }

    [Fact]
    public async Task OverAStreamAndInMemory_ItHandlesThat()
    {
        await AppendAsync("a", 2);
        await AppendAsync("b", 2);
        List<string> handled = [];
        InMemoryCheckpointStore checkpoints = new();
        EventSubscription subscription = EventSubscription.Create(
            Events,
            checkpoints,
            "stream",
            EventQuery.InStream("b"),
            (recorded, _) =>
            {
                handled.Add($"{recorded.Stream}{recorded.Version}");
                return ValueTask.CompletedTask;
            });
        await subscription.RunToEndAsync(Stop);
        await AppendAsync("b", 1);
        await subscription.RunToEndAsync(Stop);

        handled.Should().Equal("b1", "b2", "b3");
    }
}
