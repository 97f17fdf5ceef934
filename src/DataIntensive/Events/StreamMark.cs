namespace DataIntensive.Events;

// What was said of a stream as a whole, as it stands from a position on.
internal sealed class StreamMark(LogPosition position, StreamMark? previous)
{
    public LogPosition Position => position;

    // What it was before, for who reads an older position.
    public StreamMark? Previous { get; set; } = previous;

    // The version at which it was deleted; it is not any more when it has grown since. 0: it never was.
    public long DeletedAt { get; init; }

    public bool IsTombstoned { get; init; }

    public bool IsArchived { get; init; }

    public long KeepFrom { get; init; }

    // 0: all.
    public long MaxCount { get; init; }

    // In µs; 0: for ever.
    public long MaxAgeMicros { get; init; }

    // The oldest version that is kept, not looking at ages.
    public long FirstKept(long version) =>
        IsTombstoned ? long.MaxValue : Math.Max(Math.Max(KeepFrom, 1), MaxCount == 0 ? 1 : version - MaxCount + 1);
}
