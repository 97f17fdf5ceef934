using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace DataIntensive.Diagnostics;

// How idempotent calls came out, and how long the store behind them took. Once per meter, which never forgets an instrument.
internal sealed class IdempotencyMetrics
{
    public const string Executed = "executed";
    public const string Replayed = "replayed";
    public const string Joined = "joined";
    public const string Rejected = "rejected";
    public const string Mismatched = "mismatched";
    public const string Failed = "failed";
    public const string LeaseLost = "lease_lost";
    public const string UnknownOutcome = "unknown";

    public const string Claim = "claim";
    public const string Complete = "complete";
    public const string Release = "release";
    public const string Step = "step";

    private const string OutcomeTag = "dataintensive.idempotency.outcome";
    private const string OperationTag = "dataintensive.idempotency.operation";

    private static readonly ConditionalWeakTable<Meter, IdempotencyMetrics> ByMeter = [];

    private readonly Counter<long> _calls;
    private readonly Counter<long> _expired;
    private readonly Histogram<double> _duration;

    private IdempotencyMetrics(Meter meter)
    {
        _calls = meter.CreateCounter<long>("dataintensive.idempotency.calls", "{call}", "Idempotent calls, by how they came out.");
        _expired = meter.CreateCounter<long>("dataintensive.idempotency.expired", "{key}", "Keys that were forgotten because they were too old.");
        _duration = meter.CreateHistogram<double>("dataintensive.idempotency.store.duration", "s", "How long the store of the keys took, by what it did.");
    }

    public static IdempotencyMetrics Of(Meter meter) => ByMeter.GetValue(meter, static meter => new IdempotencyMetrics(meter));

    public void Add(string outcome)
    {
        // Asked first: a replay in memory takes little longer than making the tag.
        if (_calls.Enabled)
        {
            _calls.Add(1, KeyValuePair.Create<string, object?>(OutcomeTag, outcome));
        }
    }

    public void Expired() => _expired.Add(1);

    // When the work that is measured begins; 0 when nobody listens.
    public long Start(TimeProvider time) => _duration.Enabled ? time.GetTimestamp() : 0;

    public ValueTask MeasureAsync(string operation, TimeProvider time, long start, ValueTask work) =>
        start == 0 ? work : MeasuredAsync(operation, time, start, work);

    public ValueTask<T> MeasureAsync<T>(string operation, TimeProvider time, long start, ValueTask<T> work) =>
        start == 0 ? work : MeasuredAsync(operation, time, start, work);

    private async ValueTask MeasuredAsync(string operation, TimeProvider time, long start, ValueTask work)
    {
        try
        {
            await work.ConfigureAwait(false);
        }
        finally
        {
            Took(operation, time, start);
        }
    }

    private async ValueTask<T> MeasuredAsync<T>(string operation, TimeProvider time, long start, ValueTask<T> work)
    {
        try
        {
            return await work.ConfigureAwait(false);
        }
        finally
        {
            Took(operation, time, start);
        }
    }

    private void Took(string operation, TimeProvider time, long start) =>
        _duration.Record(time.GetElapsedTime(start).TotalSeconds, KeyValuePair.Create<string, object?>(OperationTag, operation));
}
