namespace DataIntensive;

/// <summary>Deciders on event stores.</summary>
public static class DeciderExtensions
{
    /// <summary>
    /// Decides a command on the state of a stream and appends the events it decides on, if nobody has appended meanwhile; otherwise reads
    /// what came in between and decides again. A <see cref="DeciderRepository{TState,TCommand,TEvent}"/> does the same and keeps states.
    /// </summary>
    /// <param name="store">The event store.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="decider">Decides. When it throws, nothing is written, and the exception reaches the caller.</param>
    /// <param name="command">What is asked for.</param>
    /// <param name="maxAttempts">How often it decides at most. Default 10; 1 to 10,000.</param>
    /// <param name="cancellationToken">Stops the waiting and further attempts; it never un-writes.</param>
    /// <returns>The new state and the events that were appended. When it decides on none, nothing is written.</returns>
    /// <exception cref="DecisionExhaustedException">Others were faster every time. Nothing was written.</exception>
    /// <exception cref="AppendConflictException">The stream has a tombstone. Nothing was written.</exception>
    /// <exception cref="InvalidOperationException">The stream holds an event that is no <typeparamref name="TEvent"/>.</exception>
    public static ValueTask<Decision<TState, TEvent>> HandleAsync<TState, TCommand, TEvent>(
        this IEventStore store,
        StreamId stream,
        Decider<TState, TCommand, TEvent> decider,
        TCommand command,
        int maxAttempts = 10,
        CancellationToken cancellationToken = default)
        where TEvent : notnull =>
        new DeciderRepository<TState, TCommand, TEvent>(store, decider, new DeciderOptions<TState> { MaxAttempts = maxAttempts, CachedStreams = 0 })
            .HandleAsync(stream, command, cancellationToken: cancellationToken);
}
