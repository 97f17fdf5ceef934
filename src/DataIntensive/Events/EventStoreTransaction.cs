using System.Diagnostics;
using DataIntensive.Diagnostics;
using DataIntensive.Events;

namespace DataIntensive;

/// <summary>
/// An event store's side of one transaction: it sees its own appends, and what it appends is part of the transaction's commit.
/// </summary>
public readonly struct EventStoreTransaction
{
    private readonly EventChanges _changes;
    private readonly string _tenant;

    internal EventStoreTransaction(EventChanges changes, string tenant)
    {
        _changes = changes;
        _tenant = tenant;
    }

    /// <summary>Appends events to a stream, if it is as expected.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="expected">What it must be like, as the transaction sees it, own appends included.</param>
    /// <param name="events">Instances of mapped types, or <see cref="EventData"/> around them. None: only the expectation is checked, and the stream is not created.</param>
    /// <returns>
    /// Whether they are appended. A conflict is a value, and the transaction goes on after it: look at it, or say
    /// <see cref="AppendResult.OrThrow"/>, which ends the transaction with nothing written.
    /// </returns>
    /// <exception cref="ArgumentException">An event is of no mapped type, or cannot be serialized. None of them is appended.</exception>
    /// <remarks>
    /// In a transaction over a snapshot the expectation is compared with that, and holds as a precondition of the commit, which conflicts
    /// when somebody appends to the stream meanwhile. With <see cref="ExpectedVersion.Any"/> and <see cref="ExpectedVersion.Exists"/>
    /// appends of others are no conflict, and versions are assigned at the commit.
    /// </remarks>
    public AppendResult Append(StreamId stream, ExpectedVersion expected, params IEnumerable<object> events) =>
        Append(EncodedBatch.Of(_changes.State, _tenant, stream, expected, events));

    /// <summary>Appends a batch, if everything is as it expects.</summary>
    /// <inheritdoc cref="Append(StreamId, ExpectedVersion, IEnumerable{object})"/>
    public AppendResult Append(EventBatch batch) => Append(EncodedBatch.Of(_changes.State, _tenant, batch));

    /// <summary>
    /// Returns the version of a stream as the transaction sees it, own appends included; 0 when it has no events. The transaction has read
    /// the stream then, and conflicts when somebody appends to it meanwhile, unless it runs under <see cref="TransactionIsolation.Snapshot"/>.
    /// </summary>
    public long Version(StreamId stream) => _changes.Version(_tenant, stream);

    private AppendResult Append(EncodedBatch batch)
    {
        using Activity? activity = Telemetry.Source.StartActivity(Telemetry.AppendActivity);
        AppendResult result = _changes.Append(_tenant, batch);
        _changes.State.Metrics.Answered(result, batch.Events.Count, activity);
        return result;
    }
}
