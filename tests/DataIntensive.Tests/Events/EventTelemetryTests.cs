using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace DataIntensive.Tests.Events;

public sealed class EventTelemetryTests : IAsyncDisposable
{
    private readonly ServiceProvider _provider;

    public EventTelemetryTests()
    {
        ServiceCollection services = new();
        services.AddMetrics();
        services.AddDataIntensive(builder => builder.UseMemory().AddEvents(TestEvents.Map).AddCheckpoints());
        _provider = services.BuildServiceProvider();
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AppendLoadDecideAndHandle_AreActivities_AndHandlingIsLinkedWithItsCause()
    {
        List<Activity> ended = [];
        using ActivitySource caller = new("DataIntensive.Tests.EventCaller");
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name is "DataIntensive" or "DataIntensive.Tests.EventCaller",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        Database database = await OpenAsync();
        using Activity? request = caller.StartActivity("request");
        listener.ActivityStopped = activity =>
        {
            // Other tests run beside this one.
            lock (ended)
            {
                if (activity.TraceId == request!.TraceId || activity.Links.Any(link => link.Context.TraceId == request.TraceId))
                {
                    ended.Add(activity);
                }
            }
        };
        DeciderRepository<Tally, int, Counted> repository = new(database.Events(), Tally.Decider);
        await repository.HandleAsync("a", 5, cancellationToken: Stop);
        Activity.Current = null;
        await Subscription(database, () => { }).RunToEndAsync(Stop);

        Activity append = ended.Single(activity => activity.OperationName == "dataintensive.events.append");
        Activity load = ended.Single(activity => activity.OperationName == "dataintensive.events.load");
        Activity decide = ended.Single(activity => activity.OperationName == "dataintensive.events.decide");
        Activity handle = ended.Single(activity => activity.OperationName == "dataintensive.subscription.handle");
        (append.GetTagItem("dataintensive.events"), append.GetTagItem("dataintensive.event_position")).Should().Be((1, 1L));
        (load.GetTagItem("dataintensive.loaded_from"), load.GetTagItem("dataintensive.events"), load.GetTagItem("dataintensive.version")).Should().Be(("start", 0L, 0L));
        decide.GetTagItem("dataintensive.attempts").Should().Be(1);
        (append.ParentSpanId, load.ParentSpanId, decide.ParentSpanId).Should().Be((decide.SpanId, decide.SpanId, request!.SpanId));
        handle.Kind.Should().Be(ActivityKind.Consumer);
        handle.Links.Should().ContainSingle().Which.Context.SpanId.Should().Be(decide.SpanId, "that is the span in which the event was appended");
        (handle.GetTagItem("dataintensive.subscription"), handle.GetTagItem("dataintensive.event_name"), handle.GetTagItem("dataintensive.event_position"))
            .Should().Be(("told", "counted", 1L));
    }

    [Fact]
    public async Task AnAppendInATransaction_IsAnActivityOfEveryAttempt_AndCountedOnceItIsCommitted()
    {
        List<Activity> ended = [];
        using ActivitySource caller = new("DataIntensive.Tests.EventTransactions");
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name is "DataIntensive" or "DataIntensive.Tests.EventTransactions",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        Dictionary<string, long> counted = [];
        using MeterListener meters = new();
        IMeterFactory factory = _provider.GetRequiredService<IMeterFactory>();
        meters.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Scope == factory)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            lock (counted)
            {
                counted[instrument.Name] = counted.GetValueOrDefault(instrument.Name) + value;
            }
        });
        meters.Start();
        Database database = await OpenAsync();
        DatabaseEventStore events = database.Events();
        using Activity? request = caller.StartActivity("request");
        listener.ActivityStopped = activity =>
        {
            lock (ended)
            {
                if (activity.TraceId == request!.TraceId && activity.OperationName == "dataintensive.events.append")
                {
                    ended.Add(activity);
                }
            }
        };
        int attempts = 0;
        await database.TransactAsync(
            async transaction =>
            {
                events.In(transaction).Append("a", ExpectedVersion.None, new Counted(0, 1), new Counted(0, 2)).OrThrow();
                events.In(transaction).Append("b", ExpectedVersion.Exists).Succeeded.Should().Be(attempts > 0);
                if (attempts++ == 0)
                {
                    await events.AppendAsync("b", [new Counted(0, 3)], Stop);
                }
            },
            cancellationToken: Stop);
        await database.ExecuteAsync(transaction => events.In(transaction).Append("a", ExpectedVersion.Exactly(2), new Counted(0, 4)), cancellationToken: Stop);
        using (DatabaseTransaction dropped = database.Begin())
        {
            events.In(dropped).Append("a", ExpectedVersion.Any, new Counted(0, 5));
        }

        attempts.Should().Be(2);
        counted.Should().Contain("dataintensive.events.appended", 4).And.Contain("dataintensive.events.conflicts", 1);
        ended.Select(activity => (activity.GetTagItem("dataintensive.events"), activity.GetTagItem("dataintensive.event_position"))).Should().Equal(
            (2, 0L), (0, 0L), (1, 1L), (2, 0L), (0, 0L), (1, 4L), (1, 0L));
        ended.Should().OnlyContain(activity => activity.ParentSpanId != default);
    }

    [Theory]
    [InlineData("dataintensive.events.appended", false)]
    [InlineData("dataintensive.events.appended", true)]
    [InlineData("dataintensive.events.conflicts", false)]
    [InlineData("dataintensive.commits", false)]
    public async Task AListenerThatBlocks_HoldsUpNoOtherWriter(string counter, bool inTransaction)
    {
        using ManualResetEventSlim goOn = new();
        TaskCompletionSource blocked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long counted = 0;
        Database database = await OpenAsync();
        using MeterListener listener = new();
        IMeterFactory factory = _provider.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Scope == factory && instrument.Name == counter)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) =>
        {
            Interlocked.Add(ref counted, value);
            if (blocked.TrySetResult())
            {
                goOn.Wait(Stop);
            }
        });
        listener.Start();

        Task first = Task.Run(AppendAsync, Stop);
        await blocked.Task.WaitAsync(Stop);
        try
        {
            await Task.Run(AppendAsync, Stop).WaitAsync(TimeSpan.FromSeconds(30), Stop);
            first.IsCompleted.Should().BeFalse("its listener blocks");
        }
        finally
        {
            goOn.Set();
        }

        await first;
        counted.Should().Be(2);

        async Task AppendAsync()
        {
            if (inTransaction)
            {
                await database.ExecuteAsync(transaction => database.Events().In(transaction).Append("a", ExpectedVersion.Any, [new Counted(0, 1)]), cancellationToken: Stop);
            }
            else
            {
                await database.Events().AppendAsync("a", counter.EndsWith("conflicts", StringComparison.Ordinal) ? ExpectedVersion.Exactly(5) : ExpectedVersion.Any, [new Counted(0, 1)], Stop);
            }
        }
    }

    [Fact]
    public async Task Counters_CountWhatTheirNamesSay_AndTheLagIsThatOfARunningSubscription()
    {
        Dictionary<string, long> counted = [];
        List<(long Value, object? Name)> lags = [];
        using MeterListener listener = new();
        IMeterFactory factory = _provider.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Scope == factory)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            lock (counted)
            {
                counted[instrument.Name] = counted.GetValueOrDefault(instrument.Name) + value;
                if (instrument.Name == "dataintensive.subscription.lag")
                {
                    lags.Add((value, tags[0].Value));
                }
            }
        });
        listener.Start();
        Database database = await OpenAsync();
        DatabaseEventStore events = database.Events();
        await events.AppendAsync("a", ExpectedVersion.None, [new Counted(0, 1), new Counted(0, 2)], Stop);
        await events.AppendAsync("a", ExpectedVersion.None, [new Counted(0, 1)], Stop);
        await new DeciderRepository<Tally, int, Counted>(events, Tally.Decider).HandleAsync("a", 3, cancellationToken: Stop);
        bool fails = true;
        EventSubscription subscription = Subscription(database, () =>
        {
            listener.RecordObservableInstruments();
            if (fails)
            {
                fails = false;
                throw new IOException("once");
            }
        });
        await subscription.RunToEndAsync(Stop);

        counted.Should().Contain(new Dictionary<string, long>
        {
            ["dataintensive.events.appended"] = 3,
            ["dataintensive.events.conflicts"] = 1,
            ["dataintensive.decisions"] = 1,
            ["dataintensive.subscription.handled"] = 3,
            ["dataintensive.subscription.failures"] = 1,
            ["dataintensive.subscription.redelivered"] = 1,
        });
        lags.Should().Equal((3, "told"), (3, "told"), (2, "told"), (1, "told"));
        lags.Clear();
        listener.RecordObservableInstruments();
        lags.Should().BeEmpty("it does not run");
    }

    [Fact]
    public async Task ParkedAndLateEvents_AreCounted_AndTheDeadLettersOfARunningSubscriptionAreAGauge()
    {
        Dictionary<string, long> counted = [];
        using MeterListener listener = new();
        IMeterFactory factory = _provider.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Scope == factory && instrument.Name.StartsWith("dataintensive.subscription", StringComparison.Ordinal))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            lock (counted)
            {
                tags[0].Value.Should().Be("told");
                counted[instrument.Name] = instrument.IsObservable ? value : counted.GetValueOrDefault(instrument.Name) + value;
            }
        });
        listener.Start();
        Database database = await OpenAsync();
        await database.Events().AppendAsync("a", ExpectedVersion.None, [new Counted(0, 1), new Counted(0, 2)], Stop);
        using CancellationTokenSource stop = new();
        EventSubscription group = EventSubscription.Create(
            database.Events(),
            database.Checkpoints(),
            "told",
            EventQuery.All,
            async (_, token) => await Task.Delay(Timeout.InfiniteTimeSpan, token),
            new SubscriptionOptions { Members = 2, MaxAttempts = 2, Poison = PoisonEvents.Park, RetryDelay = TimeSpan.FromMilliseconds(1), HandlerTimeout = TimeSpan.FromMilliseconds(5) });
        Task run = group.RunAsync(stop.Token);
        await group.WaitForAsync(new EventPosition(2), Stop);
        listener.RecordObservableInstruments();
        await stop.CancelAsync();
        await FluentActions.Awaiting(() => run).Should().ThrowAsync<OperationCanceledException>();

        counted.Should().Contain(new Dictionary<string, long>
        {
            ["dataintensive.subscription.failures"] = 2,
            ["dataintensive.subscription.redelivered"] = 1,
            ["dataintensive.subscription.timeouts"] = 2,
            ["dataintensive.subscription.parked"] = 2,
            ["dataintensive.subscription.dead_letters"] = 2,
        });
    }

    [Fact]
    public async Task TheInstruments_AreDocumented()
    {
        string documented = await File.ReadAllTextAsync(House.Repository.PathOf("src", "DataIntensive", "docs", "telemetry.md"), Stop);
        List<(string Name, string? Unit)> instruments = [];
        using MeterListener listener = new();
        IMeterFactory factory = _provider.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Scope == factory)
            {
                instruments.Add((instrument.Name, instrument.Unit?.Trim('{', '}')));
            }
        };
        listener.Start();
        await OpenAsync();

        instruments.Should().HaveCountGreaterThan(10);
        instruments.Where(instrument => !documented.Contains($"| `{instrument.Name}` | {instrument.Unit} |", StringComparison.Ordinal)).Should().BeEmpty();
    }

    public ValueTask DisposeAsync() => _provider.DisposeAsync();

    private async Task<Database> OpenAsync()
    {
        await _provider.OpenDataIntensiveAsync(Stop);
        return _provider.GetRequiredService<Database>();
    }

    private static EventSubscription Subscription(Database database, Action handle) =>
        EventSubscription.Create(
            database.Events(),
            database.Checkpoints(),
            "told",
            EventQuery.All,
            (_, _) =>
            {
                handle();
                return ValueTask.CompletedTask;
            },
            new SubscriptionOptions { MaxAttempts = 2, RetryDelay = TimeSpan.FromMilliseconds(1) });
}
