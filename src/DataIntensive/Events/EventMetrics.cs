using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using DataIntensive.Diagnostics;

namespace DataIntensive.Events;

// The instruments of events. They are made once per meter, since a meter never forgets one.
internal sealed class EventMetrics
{
    private static readonly ConditionalWeakTable<Meter, EventMetrics> ByMeter = [];

    private readonly Lock _gate = new();
    private readonly List<EventSubscription> _running = [];

    private EventMetrics(Meter meter)
    {
        Appended = meter.CreateCounter<long>("dataintensive.events.appended", "{event}", "Events that were appended.");
        Conflicts = meter.CreateCounter<long>("dataintensive.events.conflicts", "{append}", "Appends that were refused, because something was not as expected.");
        Decisions = meter.CreateCounter<long>("dataintensive.decisions", "{decision}", "Commands that were decided, every attempt of them.");
        SnapshotsWritten = meter.CreateCounter<long>("dataintensive.fold_snapshots.written", "{snapshot}", "States of streams that were kept.");
        SnapshotsIgnored = meter.CreateCounter<long>("dataintensive.fold_snapshots.ignored", "{snapshot}", "Kept states that could not be read.");
        Handled = meter.CreateCounter<long>("dataintensive.subscription.handled", "{event}", "Events that a subscription has handled.");
        Failures = meter.CreateCounter<long>("dataintensive.subscription.failures", "{event}", "Attempts to handle an event that failed.");
        Redelivered = meter.CreateCounter<long>("dataintensive.subscription.redelivered", "{event}", "Events that were given to a handler again after a failure.");
        Timeouts = meter.CreateCounter<long>("dataintensive.subscription.timeouts", "{event}", "Attempts to handle an event that took too long.");
        Parked = meter.CreateCounter<long>("dataintensive.subscription.parked", "{event}", "Events that were parked.");
        meter.CreateObservableGauge("dataintensive.subscription.dead_letters", DeadLetters, "{event}", "How many events of a running subscription are parked.");
        meter.CreateObservableGauge("dataintensive.subscription.lag", Lags, "{event}", "How many positions a running subscription is behind the newest event.");
    }

    public Counter<long> Appended { get; }

    public Counter<long> Conflicts { get; }

    public Counter<long> Decisions { get; }

    public Counter<long> SnapshotsWritten { get; }

    public Counter<long> SnapshotsIgnored { get; }

    public Counter<long> Handled { get; }

    public Counter<long> Failures { get; }

    public Counter<long> Redelivered { get; }

    public Counter<long> Timeouts { get; }

    public Counter<long> Parked { get; }

    // Of the library's own meter when there is no database.
    public static EventMetrics Of(Database? database) => ByMeter.GetValue(database?.Metrics.Meter ?? Telemetry.MeterOf(null), static meter => new EventMetrics(meter));

    // Events are counted when their commit is published: a transaction may be tried again, or come to nothing.
    public void Answered(in AppendResult result, int events, Activity? activity)
    {
        if (!result.Succeeded)
        {
            Conflicts.Add(1);
        }

        activity?.SetTag(Telemetry.EventsTag, events).SetTag(Telemetry.EventPositionTag, result.Position.Value);
    }

    public void Add(EventSubscription subscription)
    {
        lock (_gate)
        {
            _running.Add(subscription);
        }
    }

    public void Remove(EventSubscription subscription)
    {
        lock (_gate)
        {
            _running.Remove(subscription);
        }
    }

    private List<Measurement<long>> Lags() => OfRunning(static subscription => subscription.Lag);

    private List<Measurement<long>> DeadLetters() => OfRunning(static subscription => subscription.ParkedCount);

    private List<Measurement<long>> OfRunning(Func<EventSubscription, long> value)
    {
        lock (_gate)
        {
            return [.. _running.Select(subscription => new Measurement<long>(value(subscription), new KeyValuePair<string, object?>(Telemetry.SubscriptionTag, subscription.Name)))];
        }
    }
}
