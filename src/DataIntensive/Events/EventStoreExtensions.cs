namespace DataIntensive;

/// <summary>What every event store can do with its few operations.</summary>
public static class EventStoreExtensions
{
    /// <summary>Gives the event store's side of a transaction: what is read and appended through it is part of that.</summary>
    /// <exception cref="InvalidOperationException">The event store belongs to no database, or to another one.</exception>
    public static EventStoreTransaction In(this IEventStore store, DatabaseTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(transaction);
        return store is DatabaseEventStore durable
            ? durable.Join(transaction)
            : throw new InvalidOperationException("The event store belongs to no database, so it has no part in a transaction.");
    }

    /// <summary>
    /// Decides a command on the state of a stream and appends the events it decides on, if nobody has appended meanwhile; otherwise reads
    /// what came in between and decides again.
    /// </summary>
    /// <param name="store">The event store.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="decider">Decides. When it throws, nothing is written, and the exception reaches the caller.</param>
    /// <param name="command">What is asked for.</param>
    /// <param name="maxAttempts">How often it decides at most. Default 10; from 1.</param>
    /// <param name="cancellationToken">Stops the waiting and further attempts; it never un-writes.</param>
    /// <returns>The new state and the events that were appended. When it decides on none, nothing is written.</returns>
    /// <exception cref="StreamConflictException">Others were faster every time. Nothing was written.</exception>
    /// <exception cref="InvalidOperationException">The stream holds an event that is no <typeparamref name="TEvent"/>.</exception>
    public static async ValueTask<Decision<TState, TEvent>> HandleAsync<TState, TCommand, TEvent>(
        this IEventStore store,
        StreamId stream,
        Decider<TState, TCommand, TEvent> decider,
        TCommand command,
        int maxAttempts = 10,
        CancellationToken cancellationToken = default)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(decider);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxAttempts, 1);
        TState state = decider.Initial;
        long version = 0;
        for (int attempt = 1; ; attempt++)
        {
            await foreach (RecordedEvent recorded in store.ReadStreamAsync(stream, version + 1, cancellationToken).ConfigureAwait(false))
            {
                state = decider.Evolve(state, Cast<TEvent>(recorded));
                version = recorded.Version;
            }

            // Folded before they are appended: a fold that throws must not do so on events that are stored already.
            TEvent[] events = [.. decider.Decide(command, state)];
            TState next = events.Aggregate(state, decider.Evolve);
            if (events.Length == 0)
            {
                return new Decision<TState, TEvent>(state, events, version);
            }

            AppendResult result = await store.AppendAsync(stream, ExpectedVersion.Exactly(version), events.Cast<object>(), cancellationToken).ConfigureAwait(false);
            if (result.Succeeded || attempt == maxAttempts)
            {
                return new Decision<TState, TEvent>(next, events, result.OrThrow().Version);
            }
        }
    }

    private static TEvent Cast<TEvent>(RecordedEvent recorded) =>
        recorded.Data is TEvent data
            ? data
            : throw new InvalidOperationException($"The event '{recorded.Name}' at version {recorded.Version} of stream '{recorded.Stream}' is a {recorded.Data.GetType()}, the decider takes {typeof(TEvent)}.");
}
