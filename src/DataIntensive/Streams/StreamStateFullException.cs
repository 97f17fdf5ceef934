namespace DataIntensive;

/// <summary>
/// More windows are open than <see cref="StreamRunOptions.MaxOpenWindows"/> allows. The run stopped; what it committed stands. Run it
/// again with a higher limit.
/// </summary>
public sealed class StreamStateFullException : DataIntensiveException
{
    internal StreamStateFullException(int limit)
        : base($"{limit} windows are open, and no more are allowed. Raise {nameof(StreamRunOptions)}.{nameof(StreamRunOptions.MaxOpenWindows)}, or look for a stream whose time does not advance.") =>
        Limit = limit;

    /// <summary>The limit.</summary>
    public int Limit { get; }
}
