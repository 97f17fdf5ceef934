using DataIntensive.Logs;

namespace DataIntensive.Tests.Events;

/// <summary>A subscription that is stopped while its commit is under way, and run again before that has become visible.</summary>
public sealed class StalledSubscriptionTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ARunBesideTheCommitOfTheRunBefore_DoesNothingTwice()
    {
        GatedLog log = new();
        await using Database database = await Database.OpenAsync(log, new DatabaseSchema().AddEvents(TestEvents.Map).AddStore<long, int>("effects").AddCheckpoints(), cancellationToken: Stop);
        DatabaseStore<long, int> effects = database.Store<long, int>("effects");
        await database.Events().AppendAsync("a", [new Counted(0, 1), new Counted(0, 2), new Counted(0, 3)], Stop);
        TaskCompletionSource handled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        EventSubscription subscription = EventSubscription.Create(
            database.Events(),
            database.Checkpoints(),
            "stalled",
            EventQuery.All,
            (transaction, recorded) =>
            {
                effects.In(transaction).Update(recorded.Position.Value, entry => entry.Value + 1);
                handled.TrySetResult();
            });
        using CancellationTokenSource stop = new();

        // The news of this commit is held back, and with it that of all behind it.
        log.Hold();
        using LogReader end = log.OpenReader(log.Range.End);
        Task before = Task.Run(() => effects.WriteAsync(0, 1, Stop).AsTask());
        await end.WaitToReadAsync(Stop);
        Task first = subscription.RunAsync(stop.Token);
        await handled.Task.WaitAsync(Stop);
        await stop.CancelAsync();
        await FluentActions.Awaiting(() => first).Should().ThrowAsync<OperationCanceledException>();
        database.Checkpoints().Read("stalled").Should().Be(LogPosition.Start, "the commit is not visible");
        Task second = subscription.RunToEndAsync(Stop);
        log.Release();
        await Task.WhenAll(before, second);

        effects.ReadAll().OrderBy(entry => entry.Key).Select(entry => (entry.Key, entry.Value.Value)).Should().Equal((0L, 1), (1L, 1), (2L, 1), (3L, 1));
        subscription.Handled.Should().Be(0, "the first run was stopped before it knew, and the second found it done");
    }

    [Fact]
    public async Task ARunBesideTheParkingOfTheRunBefore_ParksWhatIsBehind()
    {
        GatedLog log = new();
        await using Database database = await Database.OpenAsync(log, new DatabaseSchema().AddEvents(TestEvents.Map).AddStore<long, int>("effects").AddCheckpoints(), cancellationToken: Stop);
        DatabaseStore<long, int> effects = database.Store<long, int>("effects");
        await database.Events().AppendAsync("a", [new Counted(0, 1)], Stop);
        EventSubscription subscription = EventSubscription.Create(
            database.Events(),
            database.Checkpoints(),
            "stalled",
            EventQuery.All,
            (transaction, recorded) =>
            {
                effects.In(transaction).Write(recorded.Position.Value, 1);
                if (recorded.Version == 1)
                {
                    throw new InvalidDataException("poison");
                }
            },
            new SubscriptionOptions { Poison = PoisonEvents.Park });
        using CancellationTokenSource stop = new();
        log.Hold();
        using LogReader end = log.OpenReader(log.Range.End);
        Task before = Task.Run(() => effects.WriteAsync(0, 1, Stop).AsTask());
        await end.WaitToReadAsync(Stop);
        Task first = subscription.RunAsync(stop.Token);
        LogPosition poison = database.Events().State.LogPositionOf(new EventPosition(1));
        bool isParking = false;
        while (!isParking)
        {
            // Seen inside the sequencer at once; the answer waits for the commit.
            _ = database.ExecuteAsync(transaction => isParking = database.Checkpoints().Marks.IsParked(transaction, "stalled", poison), cancellationToken: Stop).AsTask();
            await Task.Delay(1, Stop);
        }

        await stop.CancelAsync();
        await FluentActions.Awaiting(() => first).Should().ThrowAsync<OperationCanceledException>();
        (await database.Checkpoints().ReadDeadLettersAsync(cancellationToken: Stop)).Should().BeEmpty("the commit is not visible");
        using CancellationTokenSource stopSecond = new();
        Task second = subscription.RunAsync(stopSecond.Token);

        // Long enough that a run which does not wait for the commit has begun without it.
        await Task.Delay(50, Stop);
        log.Release();
        await before;
        await database.Events().AppendAsync("a", [new Counted(0, 2)], Stop);
        await subscription.WaitForAsync(new EventPosition(2), Stop);
        await stopSecond.CancelAsync();
        await FluentActions.Awaiting(() => second).Should().ThrowAsync<OperationCanceledException>();

        effects.ReadAll().Select(entry => entry.Key).Should().Equal(0L);
        (await database.Checkpoints().ReadDeadLettersAsync(cancellationToken: Stop)).Select(letter => letter.Attempts).Should().Equal(1, 0);
    }
}
