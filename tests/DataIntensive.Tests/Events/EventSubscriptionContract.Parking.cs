namespace DataIntensive.Tests.Events;

public abstract partial class EventSubscriptionContract
{
    private static SubscriptionOptions Parking { get; } = new() { Poison = PoisonEvents.Park, MaxAttempts = 2, RetryDelay = TimeSpan.FromMilliseconds(1), TimeProvider = TimeProvider.System };

    [Fact]
    public async Task P5_APoisonEvent_IsParkedWithItsCause_AndItsStreamBehindIt_WhileOthersGoOn()
    {
        await AppendInTurnAsync("a", "b");
        EventSubscription subscription = Poisoned("parking", Parking, recorded => IsFirstOf(recorded, "a", 2));

        await subscription.RunToEndAsync(Stop);

        // a1 b1 a2 b2 a3 b3: what the handler wrote of a2 before it threw is gone, its dead letter is not.
        EffectsNow().Should().Equal(Once(1, 2, 4, 6));
        Events.State.HeadAt(Database.Checkpoints().Read("parking")).Should().Be(new EventPosition(6));
        await ReopenAsync();
        List<ParkedEvent> parked = await ParkedAsync(Poisoned("parking", Parking, _ => false));
        parked.Select(p => (p.Position.Value, p.Letter.IsBehind, p.Events.Single().Version)).Should().Equal((3, false, 2), (5, true, 3));
        parked[0].Letter.Should().Be(new DeadLetter("parking", parked[0].Events[0].LogPosition, "a", "a", "counted", 2, typeof(InvalidDataException).FullName!, "poison", parked[0].Letter.Time));
        (await Database.Checkpoints().ReadDeadLettersAsync(cancellationToken: Stop)).Should().Equal(parked.Select(p => p.Letter));
    }

    [Fact]
    public async Task P5_ADeadLetter_IsReplayedInOrder_WithItsEffectOnce()
    {
        await AppendInTurnAsync("a", "b");
        await Poisoned("replayed", Parking, recorded => IsFirstOf(recorded, "a", 2)).RunToEndAsync(Stop);
        await ReopenAsync();
        List<long> order = [];
        EventSubscription mended = Poisoned("replayed", Parking, recorded =>
        {
            order.Add(recorded.Version);
            return false;
        });

        (await mended.ReplayParkedAsync(cancellationToken: Stop)).Should().Be(new ReplayedEvents(Handled: 2, Left: 0, Gone: 0));
        (await mended.ReplayParkedAsync(cancellationToken: Stop)).Should().Be(default(ReplayedEvents));
        await AppendAsync("a", 1);
        await mended.RunToEndAsync(Stop);

        order.Should().Equal(2, 3, 4);
        EffectsNow().Should().Equal(Once(1, 2, 3, 4, 5, 6, 7));
        (await ParkedAsync(mended)).Should().BeEmpty();
    }

    [Fact]
    public async Task AParkedEvent_WhoseStreamIsArchived_IsThereStill()
    {
        await AppendInTurnAsync("a", "b");
        await Poisoned("archived", Parking, recorded => IsFirstOf(recorded, "a", 2)).RunToEndAsync(Stop);
        (await Events.ArchiveStreamAsync("a", cancellationToken: Stop)).OrThrow();
        await ReopenAsync();
        EventSubscription mended = Poisoned("archived", Parking, _ => false);

        (await ParkedAsync(mended)).Select(parked => parked.Events.Single().Version).Should().Equal(2, 3);
        (await mended.ReplayParkedAsync(cancellationToken: Stop)).Should().Be(new ReplayedEvents(Handled: 2, Left: 0, Gone: 0));
        EffectsNow().Should().Equal(Once(1, 2, 3, 4, 5, 6));
    }

    [Fact]
    public async Task Parking_OfAPlainHandler_IsOneCommitWithTheCheckpoint()
    {
        await AppendInTurnAsync("a", "b");
        List<long> handled = [];
        bool fails = true;
        EventSubscription subscription = Collecting("plain", EventQuery.All, Handle, Parking);
        LogPosition before = Database.Visible;
        await subscription.RunToEndAsync(Stop);

        handled.Should().Equal(1, 2, 3, 3, 4, 6);
        (Database.Visible.Value - before.Value).Should().Be(5, "two dead letters, each with a checkpoint, and the last checkpoint");
        await ReopenAsync();
        fails = false;
        subscription = Collecting("plain", EventQuery.All, Handle, Parking);
        (await subscription.ReplayParkedAsync("b", Stop)).Should().Be(default(ReplayedEvents), "nothing of it is parked");
        (await subscription.ReplayParkedAsync("a", Stop)).Handled.Should().Be(2);
        await subscription.RunToEndAsync(Stop);
        handled.Should().Equal(1, 2, 3, 3, 4, 6, 3, 5);

        void Handle(RecordedEvent recorded)
        {
            handled.Add(recorded.Position.Value);
            if (fails && recorded.Position.Value == 3)
            {
                throw new InvalidDataException("poison");
            }
        }
    }

    [Fact]
    public async Task ParkAlone_LeavesItsStreamGoOn()
    {
        await AppendInTurnAsync("a", "b");
        SubscriptionOptions alone = new() { Poison = PoisonEvents.ParkAlone };
        await Poisoned("alone", alone, recorded => IsFirstOf(recorded, "a", 2)).RunToEndAsync(Stop);
        EffectsNow().Should().Equal(Once(1, 2, 4, 5, 6));

        (await Poisoned("alone", alone, _ => false).ReplayParkedAsync(cancellationToken: Stop)).Handled.Should().Be(1);
        EffectsNow().Should().Equal(Once(1, 2, 3, 4, 5, 6));
    }

    [Fact]
    public async Task AReplay_ThatFailsAgain_LeavesItAndWhatIsBehindIt()
    {
        await AppendInTurnAsync("a", "b");
        EventSubscription subscription = Poisoned("again", Parking, recorded => recorded.Position.Value is 3 or 4);
        await subscription.RunToEndAsync(Stop);
        Time.Clock.Advance(TimeSpan.FromMinutes(5));

        subscription = Poisoned("again", Parking, recorded => recorded.Position.Value == 3);
        (await subscription.ReplayParkedAsync(cancellationToken: Stop)).Should().Be(new ReplayedEvents(Handled: 2, Left: 2, Gone: 0));

        EffectsNow().Should().Equal(Once(1, 2, 4, 6));
        List<ParkedEvent> parked = await ParkedAsync(subscription);
        parked.Select(p => (p.Position.Value, p.Letter.Attempts)).Should().Equal((3, 3), (5, 0));
    }

    [Fact]
    public async Task MoreThanMayBeParked_StopsIt_AndNothingIsPassedOver()
    {
        await AppendInTurnAsync("a", "b");
        SubscriptionOptions few = new() { Poison = PoisonEvents.Park, MaxParked = 2 };
        EventSubscription subscription = Poisoned("few", few, recorded => recorded.Position.Value is 3 or 4);

        TooManyDeadLettersException full = (await subscription.Awaiting(s => s.RunToEndAsync(Stop)).Should().ThrowAsync<TooManyDeadLettersException>()).Which;

        (full.Limit, full.Letter.Source, full.Letter.IsBehind).Should().Be((2, "a", true));
        subscription.Failure.Should().BeSameAs(full);
        (await ParkedAsync(subscription)).Select(p => p.Position.Value).Should().Equal(3, 4);
        (await subscription.DiscardParkedAsync(new EventPosition(4), Stop)).Should().BeTrue();
        (await subscription.DiscardParkedAsync(new EventPosition(4), Stop)).Should().BeFalse();
        await Poisoned("few", few, _ => false).RunToEndAsync(Stop);
        EffectsNow().Should().Equal(Once(1, 2, 6));
        (await ParkedAsync(subscription)).Select(p => p.Position.Value).Should().Equal(3, 5);
    }

    [Fact]
    public async Task WhatIsParked_StaysSoOverARewind_AndKeepsItsStreamWaitingForAStoppingOneToo()
    {
        await AppendInTurnAsync("a", "b");
        await Poisoned("rewound", Parking, recorded => recorded.Position.Value == 3).RunToEndAsync(Stop);
        List<long> handled = [];
        EventSubscription stopping = Collecting("rewound", EventQuery.All, recorded => handled.Add(recorded.Position.Value));
        await stopping.RewindAsync(default(EventPosition), Stop);
        await stopping.RunToEndAsync(Stop);

        handled.Should().Equal(1, 2, 4, 6);
        (await ParkedAsync(stopping)).Select(p => p.Letter.Attempts).Should().Equal(2, 0);
        await Database.Checkpoints().DeleteAsync("rewound", Stop);
        (await ParkedAsync(stopping)).Should().BeEmpty();
    }

    [Fact]
    public async Task AReplay_OfARunningSubscription_ComesBetweenItsEvents()
    {
        await AppendAsync("a", 3);
        bool fails = true;
        List<long> handled = [];
        EventSubscription subscription = Collecting(
            "live",
            EventQuery.All,
            recorded =>
            {
                handled.Add(recorded.Version);
                if (fails)
                {
                    throw new InvalidDataException("poison");
                }
            },
            new SubscriptionOptions { Poison = PoisonEvents.Park });
        using Running running = Run(subscription);
        await subscription.WaitForAsync(new EventPosition(3), Stop);
        LogPosition idle = Database.Visible;
        fails = false;
        (await subscription.ReplayParkedAsync(cancellationToken: Stop)).Handled.Should().Be(3);
        await AppendAsync("a", 1);
        await subscription.WaitForAsync(new EventPosition(4), Stop);

        handled.Should().Equal(1, 1, 2, 3, 4);
        await running.StopAsync();
        (Database.Visible.Value - idle.Value).Should().Be(5, "three dead letters are gone, one event, one checkpoint");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AReplay_ThatIsStoppedWhileItCommits_HasItsEffectOnce_AndHoldsBackNothing(bool isRunning)
    {
        await AppendAsync("a", 1);
        await Poisoned("stopped", Parking, _ => true).RunToEndAsync(Stop);
        using CancellationTokenSource stop = new();
        EventSubscription subscription = Poisoned("stopped", Parking, _ =>
        {
            stop.Cancel();
            return false;
        });
        using Running? running = isRunning ? Run(subscription) : null;
        await WaitUntilAsync(() => !isRunning || subscription.Status == SubscriptionStatus.Live);
        try
        {
            await subscription.ReplayParkedAsync(cancellationToken: stop.Token);
        }
        catch (OperationCanceledException)
        {
            // Or it came through before it looked at its token.
        }

        (await subscription.ReplayParkedAsync(cancellationToken: Stop)).Handled.Should().Be(0);
        await AppendAsync("a", 1);
        await (isRunning ? subscription.WaitForAsync(new EventPosition(2), Stop) : subscription.RunToEndAsync(Stop));
        EffectsNow().Should().Equal(Once(1, 2));
    }

    [Fact]
    public async Task WhatIsParked_AndNoLongerThere_IsToldAndLetGo()
    {
        await AppendInTurnAsync("a", "b");
        EventSubscription subscription = Poisoned("gone", Parking, recorded => recorded.Position.Value == 3);
        await subscription.RunToEndAsync(Stop);
        (await Events.AppendAsync(new EventBatch().Tombstone("a"), Stop)).OrThrow();

        (await ParkedAsync(subscription)).Select(p => p.Events.Count).Should().Equal(0, 0);
        (await subscription.ReplayParkedAsync(cancellationToken: Stop)).Should().Be(new ReplayedEvents(Handled: 0, Left: 0, Gone: 2));
        (await ParkedAsync(subscription)).Should().BeEmpty();
    }

    [Fact]
    public async Task InMemoryCheckpoints_ParkToo_AndOthersHaveNoPlaceForIt()
    {
        await AppendInTurnAsync("a", "b");
        List<long> handled = [];
        bool fails = true;
        EventSubscription subscription = EventSubscription.Create(Events, new InMemoryCheckpointStore(), "memory", EventQuery.All, Handle, Parking);
        await subscription.RunToEndAsync(Stop);
        fails = false;
        (await ParkedAsync(subscription)).Select(p => p.Position.Value).Should().Equal(3, 5);
        (await subscription.ReplayParkedAsync(cancellationToken: Stop)).Handled.Should().Be(2);
        handled.Should().Equal(1, 2, 3, 3, 4, 6, 3, 5);

        FluentActions.Invoking(() => EventSubscription.Create(Events, new PlainCheckpoints(), "other", EventQuery.All, Handle, Parking)).Should().Throw<ArgumentException>();

        ValueTask Handle(RecordedEvent recorded, CancellationToken cancellationToken)
        {
            handled.Add(recorded.Position.Value);
            return fails && recorded.Position.Value == 3 ? throw new InvalidDataException("poison") : ValueTask.CompletedTask;
        }
    }

    [Fact]
    public async Task DeadLettersOfAll_AreReadInPages_AndLongMessagesAreCut()
    {
        await AppendAsync("a", 5);
        string longMessage = new string('x', 999) + "\ud83d\ude00";
        foreach (string name in (string[])["first", "second"])
        {
            await Collecting(name, EventQuery.All, _ => throw new IOException(longMessage), new SubscriptionOptions { Poison = PoisonEvents.ParkAlone }).RunToEndAsync(Stop);
        }

        List<DeadLetter> all = [];
        IReadOnlyList<DeadLetter> page;
        do
        {
            page = await Database.Checkpoints().ReadDeadLettersAsync(all.LastOrDefault(), maxCount: 3, Stop);
            all.AddRange(page);
        }
        while (page.Count == 3);

        all.Select(letter => letter.Consumer).Should().Equal(Enumerable.Repeat("first", 5).Concat(Enumerable.Repeat("second", 5)));
        all.Should().OnlyContain(letter => letter.ErrorMessage == new string('x', 999));
    }

    private async Task AppendInTurnAsync(params string[] streams)
    {
        for (int i = 0; i < 3; i++)
        {
            foreach (string stream in streams)
            {
                await AppendAsync(stream, 1);
            }
        }
    }

    private static bool IsFirstOf(RecordedEvent recorded, string stream, long version) => recorded.Stream == stream && recorded.Version == version;

    // Writes its effect, and then fails on some.
    private EventSubscription Poisoned(string name, SubscriptionOptions options, Func<RecordedEvent, bool> fails) =>
        EventSubscription.Create(
            Events,
            Database.Checkpoints(),
            name,
            EventQuery.All,
            (transaction, recorded) =>
            {
                Effects.In(transaction).Update(recorded.Position.Value, entry => entry.Value + 1);
                if (fails(recorded))
                {
                    throw new InvalidDataException("poison");
                }
            },
            options);

    private static async Task<List<ParkedEvent>> ParkedAsync(EventSubscription subscription) => await subscription.ReadParkedAsync(cancellationToken: Stop).ToListAsync(Stop);

    private IEnumerable<(long Position, int Times)> EffectsNow() => Effects.ReadAll().OrderBy(entry => entry.Key).Select(entry => (entry.Key, entry.Value.Value));

    private static IEnumerable<(long Position, int Times)> Once(params long[] positions) => positions.Select(position => (position, 1));

    // A checkpoint store of somebody else.
    private sealed class PlainCheckpoints : ICheckpointStore
    {
        private readonly InMemoryCheckpointStore _kept = new();

        public ValueTask<LogPosition> ReadAsync(string consumer, CancellationToken cancellationToken = default) => _kept.ReadAsync(consumer, cancellationToken);

        public ValueTask SaveAsync(string consumer, LogPosition position, CancellationToken cancellationToken = default) => _kept.SaveAsync(consumer, position, cancellationToken);

        public ValueTask ResetAsync(string consumer, LogPosition position, CancellationToken cancellationToken = default) => _kept.ResetAsync(consumer, position, cancellationToken);
    }
}
