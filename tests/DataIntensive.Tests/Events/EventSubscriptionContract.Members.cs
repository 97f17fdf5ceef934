using System.Collections.Concurrent;

namespace DataIntensive.Tests.Events;

public abstract partial class EventSubscriptionContract
{
    [Fact]
    public async Task B6_EachEventGoesToOneMember_AllAtOnce_AndAStreamsOrderIsKept()
    {
        const int Members = 4;
        for (int round = 0; round < 25; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, Members).Select(stream => AppendAsync($"s{stream}", 1)));
        }

        ConcurrentQueue<RecordedEvent> handled = new();
        using Barrier together = new(Members);
        EventSubscription group = Group("members", new SubscriptionOptions { Members = Members, EventsPerCheckpoint = 7 }, async (recorded, token) =>
        {
            // All first events are in a handler at the same time, or none gets out.
            if (recorded.Version == 1)
            {
                await Task.Run(() => together.SignalAndWait(token), token);
            }

            handled.Enqueue(recorded);
        });
        await group.RunToEndAsync(Stop);

        handled.Should().HaveCount(100).And.OnlyHaveUniqueItems(recorded => recorded.Position);
        foreach (IGrouping<StreamId, RecordedEvent> stream in handled.GroupBy(recorded => recorded.Stream))
        {
            stream.Select(recorded => recorded.Version).Should().Equal(Enumerable.Range(1, 25).Select(version => (long)version));
        }

        (group.Handled, group.Position.Value).Should().Be((100, 100));
        LogPosition before = Database.Visible;
        await Group("members", new SubscriptionOptions { Members = 2 }, (_, _) => throw new InvalidOperationException("Nothing is left.")).RunToEndAsync(Stop);
        Database.Visible.Should().Be(before, "it has nothing to do and writes nothing");
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("transaction")]
    [InlineData("sequencer")]
    public async Task B6_WhatIsFinishedAheadOfAStuckEvent_IsNotHandledAgainByTheNextRun(string kind)
    {
        await AppendAsync("stuck", 2);
        await AppendAsync("a", 5);
        await AppendAsync("b", 5);
        bool isStuck = true;
        ConcurrentQueue<long> handled = new();
        SubscriptionOptions options = new() { Members = 3, MaxAttempts = 1000, RetryDelay = TimeSpan.FromMilliseconds(1), TimeProvider = TimeProvider.System };
        using (Running running = Run(Counting(kind)))
        {
            await WaitUntilAsync(() => handled.Count == 10);
            await running.StopAsync();
        }

        Database.Checkpoints().Read("ahead").Should().Be(LogPosition.Start, "the first event is not finished");
        isStuck = false;
        await ReopenAsync();
        await Counting(kind).RunToEndAsync(Stop);

        handled.Should().HaveCount(12).And.OnlyHaveUniqueItems();
        handled.TakeLast(2).Should().Equal(1, 2);

        // Also one that handles in the order of the positions passes over what a group has finished.
        await AppendAsync("stuck", 1);
        options = new SubscriptionOptions();
        await Counting(kind).RunToEndAsync(Stop);
        handled.Should().HaveCount(13);

        EventSubscription Counting(string kind) => kind switch
        {
            "plain" => Group("ahead", options, (recorded, _) =>
            {
                Handle(recorded);
                return ValueTask.CompletedTask;
            }),
            "sequencer" => EventSubscription.Create(Events, Database.Checkpoints(), "ahead", EventQuery.All, (_, recorded) => Handle(recorded), options),
            _ => EventSubscription.Create(
                Events,
                Database.Checkpoints(),
                "ahead",
                EventQuery.All,
                (_, recorded, _) =>
                {
                    Handle(recorded);
                    return ValueTask.CompletedTask;
                },
                options),
        };

        void Handle(RecordedEvent recorded)
        {
            if (isStuck && recorded.Stream == "stuck")
            {
                throw new IOException("not yet");
            }

            handled.Enqueue(recorded.Position.Value);
        }
    }

    [Fact]
    public async Task AnInOrderRun_PassesOverWhatAGroupHasFinished()
    {
        await AppendAsync("stuck", 1);
        await AppendAsync("a", 3);
        ConcurrentQueue<long> handled = new();
        SubscriptionOptions options = new() { Members = 2, MaxAttempts = 1000, TimeProvider = Time };
        EventSubscription group = Group("passed", options, (recorded, _) =>
        {
            if (recorded.Stream == "stuck")
            {
                throw new IOException("not yet");
            }

            handled.Enqueue(recorded.Position.Value);
            return ValueTask.CompletedTask;
        });
        using (Running running = Run(group))
        {
            await WaitUntilAsync(() => handled.Count == 3);
            await running.StopAsync();
        }

        await Collecting("passed", EventQuery.All, recorded => handled.Enqueue(recorded.Position.Value)).RunToEndAsync(Stop);
        handled.Order().Should().Equal(1, 2, 3, 4);

        // A rewind means all of it.
        await group.RewindAsync(default(EventPosition), Stop);
        await Collecting("passed", EventQuery.All, recorded => handled.Enqueue(recorded.Position.Value)).RunToEndAsync(Stop);
        handled.Should().HaveCount(8);
    }

    [Fact]
    public async Task B6_AHandlerThatTakesTooLong_IsToldAndItsEventGivenToAnother_AndWhatItStillDoesCountsForNothing()
    {
        await AppendAsync("a", 2);
        TaskCompletionSource late = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource lateEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
        CountingTime clock = new();
        int attempts = 0;
        CancellationToken told = default;
        SubscriptionOptions options = new() { Members = 2, MaxAttempts = 2, HandlerTimeout = TimeSpan.FromSeconds(30), RetryDelay = TimeSpan.FromSeconds(1), TimeProvider = clock };
        EventSubscription group = EventSubscription.Create(
            Events,
            Database.Checkpoints(),
            "late",
            EventQuery.All,
            async (transaction, recorded, token) =>
            {
                Effects.In(transaction).Update(recorded.Position.Value, entry => entry.Value + 1);
                if (recorded.Version == 1 && Interlocked.Increment(ref attempts) == 1)
                {
                    told = token;
                    await late.Task;
                    lateEnded.SetResult();
                }
            },
            options);
        Task run = group.RunToEndAsync(Stop);
        await WaitUntilAsync(() => attempts == 1 && clock.LastDueTime == TimeSpan.FromSeconds(30));
        clock.Clock.Advance(TimeSpan.FromSeconds(30));
        await WaitUntilAsync(() => clock.LastDueTime == TimeSpan.FromSeconds(1));
        clock.Clock.Advance(TimeSpan.FromSeconds(1));
        await run;
        late.SetResult();
        await lateEnded.Task;

        told.IsCancellationRequested.Should().BeTrue();
        EffectsNow().Should().Equal(Once(1, 2));
        group.Handled.Should().Be(2);
        await AppendAsync("a", 1);
        await group.RunToEndAsync(Stop);
        EffectsNow().Should().Equal(Once(1, 2, 3));
    }

    [Fact]
    public async Task B6_AnEventThatFailsTooOften_IsParkedByTheGroup_ListedAndReplayed_WhileItRuns()
    {
        for (int i = 0; i < 5; i++)
        {
            await Task.WhenAll(AppendAsync("a", 1), AppendAsync("b", 1), AppendAsync("c", 1));
        }

        bool fails = true;
        ConcurrentQueue<(StreamId, long)> handled = new();
        SubscriptionOptions options = new() { Members = 3, MaxAttempts = 3, Poison = PoisonEvents.Park, RetryDelay = TimeSpan.FromMilliseconds(1), TimeProvider = TimeProvider.System };
        EventSubscription group = EventSubscription.Create(
            Events,
            Database.Checkpoints(),
            "parked",
            EventQuery.All,
            (transaction, recorded, _) =>
            {
                Effects.In(transaction).Update(recorded.Position.Value, entry => entry.Value + 1);
                if (fails && IsFirstOf(recorded, "b", 2))
                {
                    throw new InvalidDataException("poison");
                }

                handled.Enqueue((recorded.Stream, recorded.Version));
                return ValueTask.CompletedTask;
            },
            options);
        using Running running = Run(group);
        await group.WaitForAsync(Events.Head, Stop);
        List<ParkedEvent> parked = await ParkedAsync(group);
        parked.Select(p => (p.Events.Single().Stream, p.Events.Single().Version, p.Letter.Attempts)).Should().Equal(("b", 2, 3), ("b", 3, 0), ("b", 4, 0), ("b", 5, 0));
        fails = false;
        (await group.ReplayParkedAsync(cancellationToken: Stop)).Should().Be(new ReplayedEvents(4, 0, 0));
        await AppendAsync("b", 1);
        await group.WaitForAsync(Events.Head, Stop);
        await running.StopAsync();

        handled.Where(h => h.Item1 == "b").Select(h => h.Item2).Should().Equal(1, 2, 3, 4, 5, 6);
        EffectsNow().Should().Equal(Once([.. Enumerable.Range(1, 16).Select(position => (long)position)]));
        (await ParkedAsync(group)).Should().BeEmpty();
    }

    [Fact]
    public async Task WhatIsReplayed_OrDiscarded_AheadOfTheCheckpoint_DoesNotComeAgain()
    {
        await AppendAsync("stuck", 1);
        await AppendAsync("a", 1);
        await AppendAsync("b", 1);
        bool isStuck = true;
        bool fails = true;
        SubscriptionOptions options = new() { Members = 3, MaxAttempts = 1, Poison = PoisonEvents.Park };
        EventSubscription group = EventSubscription.Create(
            Events,
            Database.Checkpoints(),
            "ahead",
            EventQuery.All,
            async (transaction, recorded, token) =>
            {
                Effects.In(transaction).Update(recorded.Position.Value, entry => entry.Value + 1);
                if (recorded.Stream == "stuck" && isStuck)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, token);
                }

                if (recorded.Stream != "stuck" && fails)
                {
                    throw new InvalidDataException("poison");
                }
            },
            options);
        using (Running running = Run(group))
        {
            await WaitUntilAsync(() => Database.Checkpoints().ReadDeadLettersAsync(cancellationToken: Stop).Result.Count == 2);
            await running.StopAsync();
        }

        fails = false;
        (await group.ReplayParkedAsync("a", Stop)).Handled.Should().Be(1);
        (await group.DiscardParkedAsync(new EventPosition(3), Stop)).Should().BeTrue();
        isStuck = false;
        await ReopenAsync();
        await Poisoned("ahead", options, _ => false).RunToEndAsync(Stop);

        EffectsNow().Should().Equal(Once(1, 2));
    }

    [Fact]
    public async Task AGroup_HoldsSoManyEventsAtMost_AndAWriterNeverWaits()
    {
        for (int i = 0; i < 50; i++)
        {
            await AppendAsync($"s{i}", 1);
        }

        using SemaphoreSlim mayHandle = new(0);
        int begun = 0;
        SubscriptionOptions options = new() { Members = 4, MaxInFlight = 10 };
        EventSubscription group = Group("bounded", options, async (recorded, token) =>
        {
            Interlocked.Increment(ref begun);
            if (recorded.Position.Value == 1)
            {
                await mayHandle.WaitAsync(token);
            }
        });
        using Running running = Run(group);
        await WaitUntilAsync(() => begun == 10);
        await AppendAsync("more", 5);
        group.Position.Value.Should().Be(0);
        begun.Should().Be(10, "there is no room behind the first event");
        mayHandle.Release();
        await group.WaitForAsync(new EventPosition(55), Stop);
        begun.Should().Be(55);
        await running.StopAsync();
    }

    [Fact]
    public async Task HandlersThatNeverEnd_StopTheGroup_WhenThereAreMoreOfThemThanMembers()
    {
        await AppendInTurnAsync("a", "b", "c");
        SubscriptionOptions options = new() { Members = 2, MaxAttempts = 1, Poison = PoisonEvents.Park, HandlerTimeout = TimeSpan.FromMilliseconds(5), TimeProvider = TimeProvider.System };
        TaskCompletionSource never = new(TaskCreationOptions.RunContinuationsAsynchronously);
        EventSubscription group = Group("stuck", options, async (_, _) => await never.Task);

        SubscriptionHandlerException stopped = (await group.Awaiting(g => g.RunAsync(Stop)).Should().ThrowAsync<SubscriptionHandlerException>()).Which;

        stopped.InnerException.Should().BeOfType<TimeoutException>();

        // Who was given a third event had parked the first; the other may have been stopped before its dead letter was written.
        List<ParkedEvent> parked = [.. (await ParkedAsync(group)).Where(p => !p.Letter.IsBehind)];
        parked.Count.Should().BeInRange(1, 2);
        parked.Should().OnlyContain(p => p.Letter.ErrorType == typeof(TimeoutException).FullName);
        never.SetResult();
    }

    [Fact]
    public async Task OneMember_WithAHandlerThatWaits_KeepsTheOrderOfAll_AlsoOverFailures()
    {
        await AppendInTurnAsync("a", "b");
        List<long> handled = [];
        int failures = 0;
        EventSubscription subscription = EventSubscription.Create(
            Events,
            Database.Checkpoints(),
            "one",
            EventQuery.All,
            async (transaction, recorded, _) =>
            {
                await Task.Yield();
                if (recorded.Position.Value == 2 && failures++ < 2)
                {
                    throw new IOException("not yet");
                }

                handled.Add(recorded.Position.Value);
                Effects.In(transaction).Update(recorded.Position.Value, entry => entry.Value + 1);
            },
            new SubscriptionOptions { MaxAttempts = 3, RetryDelay = TimeSpan.FromMilliseconds(1), TimeProvider = TimeProvider.System });
        await subscription.RunToEndAsync(Stop);

        handled.Should().Equal(1, 2, 3, 4, 5, 6);
        EffectsNow().Should().Equal(Once(1, 2, 3, 4, 5, 6));
    }

    [Fact]
    public async Task AStoppingGroup_NamesTheEvent_AndThatOneComesAgain()
    {
        await AppendInTurnAsync("a", "b");
        bool fails = true;
        ConcurrentQueue<long> handled = new();
        EventSubscription group = Group("stops", new SubscriptionOptions { Members = 2 }, (recorded, _) =>
        {
            if (fails && recorded.Position.Value == 3)
            {
                throw new InvalidDataException("poison");
            }

            handled.Enqueue(recorded.Position.Value);
            return ValueTask.CompletedTask;
        });

        SubscriptionHandlerException stopped = (await group.Awaiting(g => g.RunAsync(Stop)).Should().ThrowAsync<SubscriptionHandlerException>()).Which;
        (stopped.Event.Position.Value, stopped.InnerException).Should().Be((3, stopped.InnerException as InvalidDataException));
        fails = false;
        await group.RunToEndAsync(Stop);
        handled.Order().Should().Equal(1, 2, 3, 4, 5, 6);
    }

    [Fact]
    public async Task B5_ASecondGroupOfTheName_IsRefused_OrWaits_AndOneOfThoseWhoWaitTakesOver()
    {
        await AppendAsync("a", 3);
        ConcurrentQueue<string> handled = new();
        bool fails = false;
        SubscriptionOptions waits = new() { Members = 2, WaitsForName = true };
        EventSubscription first = Named("first", new SubscriptionOptions { Members = 2 });
        Task firstRun = first.RunAsync(Stop);
        await first.WaitForAsync(new EventPosition(3), Stop);
        await Named("refused", new SubscriptionOptions { Members = 2 }).Awaiting(g => g.RunAsync(Stop)).Should().ThrowAsync<InvalidOperationException>().WithMessage("*'named'*");
        using CancellationTokenSource gaveUp = new();
        Task cancelled = Named("cancelled", waits).RunAsync(gaveUp.Token);
        EventSubscription second = Named("second", waits);
        EventSubscription third = Named("third", waits);
        using Running secondRun = Run(second);
        using Running thirdRun = Run(third);
        await gaveUp.CancelAsync();
        await FluentActions.Awaiting(() => cancelled).Should().ThrowAsync<OperationCanceledException>();

        // The first fails; whoever waited longest, and still waits, takes over what it left.
        fails = true;
        await AppendAsync("a", 1);
        await FluentActions.Awaiting(() => firstRun).Should().ThrowAsync<SubscriptionHandlerException>();
        await WaitUntilAsync(() => second.Status == SubscriptionStatus.Live);
        await second.WaitForAsync(new EventPosition(4), Stop);
        third.Status.Should().Be(SubscriptionStatus.Stopped);
        await secondRun.StopAsync();
        await AppendAsync("a", 1);
        await WaitUntilAsync(() => third.Status == SubscriptionStatus.Live);
        await third.WaitForAsync(new EventPosition(5), Stop);

        handled.Should().Equal("first 1", "first 2", "first 3", "second 4", "third 5");
        await thirdRun.StopAsync();

        EventSubscription Named(string who, SubscriptionOptions options) => Group("named", options, (recorded, _) =>
        {
            if (fails && who == "first")
            {
                throw new IOException("broken");
            }

            handled.Enqueue($"{who} {recorded.Version}");
            return ValueTask.CompletedTask;
        });
    }

    [Fact]
    public async Task KeyOf_SaysWhatIsInOrder()
    {
        for (int i = 0; i < 20; i++)
        {
            await Task.WhenAll(AppendAsync("a-1", 1), AppendAsync("a-2", 1), AppendAsync("b-1", 1));
        }

        ConcurrentQueue<RecordedEvent> handled = new();
        SubscriptionOptions options = new() { Members = 3, KeyOf = recorded => recorded.Stream.Value[..1] };
        await Group("keyed", options, async (recorded, _) =>
        {
            await Task.Yield();
            handled.Enqueue(recorded);
        }).RunToEndAsync(Stop);

        foreach (IGrouping<string, RecordedEvent> key in handled.GroupBy(recorded => recorded.Stream.Value[..1]))
        {
            key.Select(recorded => recorded.Position.Value).Should().BeInAscendingOrder();
        }

        await Group("null", new SubscriptionOptions { Members = 3, KeyOf = _ => null! }, (_, _) => ValueTask.CompletedTask).Awaiting(g => g.RunToEndAsync(Stop)).Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task AGroupOverSomebodyElsesCheckpoints_HandlesAll_AndSomeAgain()
    {
        await AppendAsync("stuck", 1);
        await AppendAsync("a", 3);
        ConcurrentQueue<long> handled = new();
        bool isStuck = true;
        PlainCheckpoints checkpoints = new();
        EventSubscription group = EventSubscription.Create(
            Events,
            checkpoints,
            "plain",
            EventQuery.All,
            (recorded, _) =>
            {
                handled.Enqueue(recorded.Position.Value);
                return isStuck && recorded.Stream == "stuck" ? throw new IOException("not yet") : ValueTask.CompletedTask;
            },
            new SubscriptionOptions { Members = 2, MaxAttempts = 2, TimeProvider = Time });
        using (Running running = Run(group))
        {
            await WaitUntilAsync(() => handled.Count == 4);
            await running.StopAsync();
        }

        isStuck = false;
        await group.RunToEndAsync(Stop);
        handled.TakeLast(4).Order().Should().Equal(1, 2, 3, 4);
    }

    private EventSubscription Group(string name, SubscriptionOptions options, Func<RecordedEvent, CancellationToken, ValueTask> handler) =>
        EventSubscription.Create(Events, Database.Checkpoints(), name, EventQuery.All, handler, options);
}
