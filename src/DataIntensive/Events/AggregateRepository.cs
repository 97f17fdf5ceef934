using DataIntensive.Events;

namespace DataIntensive;

/// <summary>Loads aggregates from their streams and saves what they raised.</summary>
/// <typeparam name="TAggregate">The type of the aggregates.</typeparam>
/// <remarks>Every member may be called from any thread; an aggregate belongs to one caller at a time.</remarks>
public sealed class AggregateRepository<TAggregate>
    where TAggregate : Aggregate, new()
{
    private readonly IEventStore _store;
    private readonly StreamFolder<TAggregate, object> _folder;

    /// <summary>Makes a repository over an event store.</summary>
    /// <param name="store">The event store.</param>
    /// <param name="snapshots">Keeps states, so that a long stream need not be read from its first event; null for none.</param>
    public AggregateRepository(IEventStore store, AggregateSnapshots<TAggregate>? snapshots = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        _store = store;
        _folder = new StreamFolder<TAggregate, object>(store, static () => new TAggregate(), Apply, cache: null, snapshots?.Source);
    }

    /// <summary>Rebuilds an aggregate from the events of its stream, and no others.</summary>
    /// <returns>The aggregate; a new one, at version 0, when the stream was never written.</returns>
    /// <exception cref="UnknownEventException">An event has a name that is not mapped.</exception>
    public async ValueTask<TAggregate> LoadAsync(StreamId id, CancellationToken cancellationToken = default)
    {
        (FoldPoint<TAggregate> point, StreamInfo info) = await _folder.LoadAsync(id, known: null, cancellationToken).ConfigureAwait(false);
        point.State.Loaded(id, info);
        return point.State;
    }

    /// <summary>Rebuilds an aggregate as it was at a version. Saving it is a conflict when its stream has gone on since.</summary>
    /// <param name="id">Its stream.</param>
    /// <param name="asOfVersion">The version, from 0: before the first event.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public ValueTask<TAggregate> LoadAsync(StreamId id, long asOfVersion, CancellationToken cancellationToken = default) =>
        LoadAsync(id, new EventReadOptions { AsOfVersion = asOfVersion }, cancellationToken);

    /// <summary>Rebuilds an aggregate as it was at a time: of the events with this timestamp or an earlier one.</summary>
    public ValueTask<TAggregate> LoadAsync(StreamId id, DateTimeOffset asOfTime, CancellationToken cancellationToken = default) =>
        LoadAsync(id, new EventReadOptions { AsOfTime = asOfTime }, cancellationToken);

    /// <summary>Appends what an aggregate raised to its stream, if that is still at the version at which it was loaded.</summary>
    /// <param name="aggregate">An aggregate that was loaded from a repository.</param>
    /// <param name="cancellationToken">Stops the waiting; it never un-writes.</param>
    /// <returns>
    /// Whether it was saved. After a conflict the aggregate still has its pending events, on a state that is out of date: load it again
    /// and repeat the command. With nothing pending, nothing is checked or written.
    /// </returns>
    /// <exception cref="ArgumentException">The aggregate has no id, or an event is of no mapped type. Nothing was written.</exception>
    public async ValueTask<AppendResult> SaveAsync(TAggregate aggregate, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(aggregate);
        aggregate.Id.ThrowIfDefault(nameof(aggregate));
        if (aggregate.Pending.Count == 0)
        {
            return new AppendResult { Version = aggregate.Version };
        }

        AppendResult result = await _store.AppendAsync(aggregate.Id, ExpectationOf(aggregate), aggregate.Pending, cancellationToken).ConfigureAwait(false);
        if (result.Succeeded)
        {
            aggregate.Saved(result.Version);
        }

        return result;
    }

    /// <summary>
    /// Appends what an aggregate raised to its stream as part of a transaction, which conflicts when somebody appends to the stream meanwhile.
    /// The aggregate is one that was loaded for this transaction, and is not used after it.
    /// </summary>
    /// <returns>Whether it is as it was loaded, as the transaction sees it.</returns>
    /// <exception cref="ArgumentException">The aggregate has no id, or an event is of no mapped type.</exception>
    /// <exception cref="InvalidOperationException">The event store belongs to no database, or to another one.</exception>
    public async ValueTask<AppendResult> SaveAsync(TAggregate aggregate, DatabaseTransaction transaction, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(aggregate);
        ArgumentNullException.ThrowIfNull(transaction);
        aggregate.Id.ThrowIfDefault(nameof(aggregate));
        DatabaseEventStore durable = await DatabaseEvents.OfAsync(_store, cancellationToken).ConfigureAwait(false)
            ?? throw new InvalidOperationException("The event store belongs to no database, so it has no part in a transaction.");
        long version = aggregate.Version + aggregate.Pending.Count;
        AppendResult result = durable.Join(transaction).Append(aggregate.Id, ExpectationOf(aggregate), aggregate.Pending);
        if (result.Succeeded && aggregate.Pending.Count > 0)
        {
            aggregate.Saved(version);
        }

        return result;
    }

    /// <summary>
    /// Loads an aggregate, has it changed, and saves it; when somebody saved it meanwhile, all of that again on what is there then.
    /// </summary>
    /// <param name="id">Its stream.</param>
    /// <param name="change">Has it raise events. Repeatable. What it throws reaches the caller, and nothing is written.</param>
    /// <param name="maxAttempts">How often it is tried at most. Default 10; from 1.</param>
    /// <param name="cancellationToken">Stops the waiting and further attempts; it never un-writes.</param>
    /// <returns>The aggregate as it was saved.</returns>
    /// <exception cref="DecisionExhaustedException">Others were faster every time. Nothing was written.</exception>
    /// <exception cref="AppendConflictException">The stream has a tombstone. Nothing was written.</exception>
    public async ValueTask<TAggregate> UpdateAsync(StreamId id, Action<TAggregate> change, int maxAttempts = 10, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxAttempts, 1);
        for (int attempt = 1; ; attempt++)
        {
            TAggregate aggregate = await LoadAsync(id, cancellationToken).ConfigureAwait(false);
            change(aggregate);
            AppendResult result = await SaveAsync(aggregate, cancellationToken).ConfigureAwait(false);
            if (result.Conflicts.Any(conflict => conflict.Kind != AppendConflictKind.Version))
            {
                result.OrThrow();
            }

            if (result.Succeeded)
            {
                return aggregate;
            }

            if (attempt == maxAttempts)
            {
                throw new DecisionExhaustedException(id, attempt, result.Conflicts);
            }
        }
    }

    private static TAggregate Apply(TAggregate aggregate, object @event)
    {
        aggregate.Apply(@event);
        return aggregate;
    }

    private static ExpectedVersion ExpectationOf(TAggregate aggregate) =>
        aggregate.Status == StreamStatus.Live ? ExpectedVersion.Exactly(aggregate.Version) : ExpectedVersion.None;

    private async ValueTask<TAggregate> LoadAsync(StreamId id, EventReadOptions asOf, CancellationToken cancellationToken)
    {
        (FoldPoint<TAggregate> point, StreamInfo info) = await _folder.LoadAsync(id, asOf, cancellationToken).ConfigureAwait(false);
        point.State.Loaded(id, info);
        return point.State;
    }
}
