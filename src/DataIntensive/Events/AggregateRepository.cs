namespace DataIntensive;

/// <summary>Loads aggregates from their streams and saves what they raised.</summary>
/// <typeparam name="TAggregate">The type of the aggregates.</typeparam>
/// <remarks>Every member may be called from any thread; an aggregate belongs to one caller at a time.</remarks>
public sealed class AggregateRepository<TAggregate>
    where TAggregate : Aggregate, new()
{
    private readonly IEventStore _store;

    /// <summary>Makes a repository over an event store.</summary>
    public AggregateRepository(IEventStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        _store = store;
    }

    /// <summary>Rebuilds an aggregate from the events of its stream, and no others.</summary>
    /// <returns>The aggregate; a new one, at version 0, when the stream has no events.</returns>
    /// <exception cref="UnknownEventException">An event has a name that is not mapped.</exception>
    public async ValueTask<TAggregate> LoadAsync(StreamId id, CancellationToken cancellationToken = default)
    {
        TAggregate aggregate = new() { Id = id };
        await foreach (RecordedEvent recorded in _store.ReadStreamAsync(id, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            aggregate.Apply(recorded);
        }

        return aggregate;
    }

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
        ExpectedVersion loaded = ExpectedVersion.Exactly(aggregate.Version);
        if (aggregate.Pending.Count == 0)
        {
            return new AppendResult { Version = aggregate.Version };
        }

        AppendResult result = await _store.AppendAsync(aggregate.Id, loaded, aggregate.Pending, cancellationToken).ConfigureAwait(false);
        if (result.Succeeded)
        {
            aggregate.Saved(result.Version);
        }

        return result;
    }
}
