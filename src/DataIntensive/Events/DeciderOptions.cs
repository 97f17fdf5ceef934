namespace DataIntensive;

/// <summary>How a <see cref="DeciderRepository{TState,TCommand,TEvent}"/> works. Nothing of it is stored.</summary>
/// <typeparam name="TState">The type of the state.</typeparam>
public sealed class DeciderOptions<TState>
{
    /// <summary>How often a command is decided at most, when others append to its stream meanwhile. Default 10; 1 to 10,000.</summary>
    public int MaxAttempts
    {
        get;
        init => field = value is >= 1 and <= 10_000 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "1 to 10,000.");
    } = 10;

    /// <summary>
    /// Of how many streams the state is kept in memory, so that only newer events are read; the stream that was not asked for longest makes
    /// room. Default 1,000; 0 to 10,000,000. A kept state never changes a result.
    /// </summary>
    public int CachedStreams
    {
        get;
        init => field = value is >= 0 and <= 10_000_000 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "0 to 10,000,000.");
    } = 1000;

    /// <summary>Keeps states in storage, so that a long stream need not be read from its first event. Default null: none.</summary>
    public FoldSnapshots<TState>? Snapshots { get; init; }
}
