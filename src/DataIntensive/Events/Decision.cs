namespace DataIntensive;

/// <summary>What a command led to.</summary>
/// <typeparam name="TState">The type of the state.</typeparam>
/// <typeparam name="TEvent">The common type of the events.</typeparam>
/// <param name="State">The state after the command.</param>
/// <param name="Events">The events that were appended; none when there was nothing to do.</param>
/// <param name="Version">The version of the stream that <paramref name="State"/> belongs to.</param>
public sealed record Decision<TState, TEvent>(TState State, IReadOnlyList<TEvent> Events, long Version);
