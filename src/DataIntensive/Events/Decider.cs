namespace DataIntensive;

/// <summary>
/// The behaviour of an entity as pure functions: what a command leads to, and what an event changes. After Chassaing's Decider pattern.
/// </summary>
/// <typeparam name="TState">The type of the state. Immutable: <paramref name="Initial"/> is shared.</typeparam>
/// <typeparam name="TCommand">The type of the commands.</typeparam>
/// <typeparam name="TEvent">The common type of the entity's events.</typeparam>
/// <param name="Initial">The state before the first event.</param>
/// <param name="Decide">The events that a command leads to in a state; none when there is nothing to do. Throws to refuse.</param>
/// <param name="Evolve">The state after an event.</param>
public sealed record Decider<TState, TCommand, TEvent>(
    TState Initial,
    Func<TCommand, TState, IEnumerable<TEvent>> Decide,
    Func<TState, TEvent, TState> Evolve)
    where TEvent : notnull;
