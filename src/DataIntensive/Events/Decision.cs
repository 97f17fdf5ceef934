namespace DataIntensive;

/// <summary>What a command led to.</summary>
/// <typeparam name="TState">The type of the state.</typeparam>
/// <typeparam name="TEvent">The common type of the events.</typeparam>
/// <param name="State">The state after the command.</param>
/// <param name="Events">The events that were appended; none when there was nothing to do.</param>
/// <param name="Version">The version of the stream that <paramref name="State"/> belongs to.</param>
public sealed record Decision<TState, TEvent>(TState State, IReadOnlyList<TEvent> Events, long Version)
{
    /// <summary>How often it was decided; more than once when others had appended meanwhile.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>
    /// Whether the events that it decided on were stored by an earlier append, as their ids tell: nothing was appended now, and
    /// <see cref="State"/> is that of the stream as it is.
    /// </summary>
    public bool IsDuplicate { get; init; }
}
