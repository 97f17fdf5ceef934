namespace DataIntensive.Events;

// Where the events of one stream stand, and what was said of it. It may have no events, when only something was said of it.
internal sealed class StreamIndex(StreamId id, LogPositionList? category)
{
    private StreamMark? _mark;
    private long _givenUpBefore;

    public StreamId Id => id;

    // Shared with the other streams of the category; null when the id names none.
    public LogPositionList? Category => category;

    public LogPositionList Positions { get; } = new();

    // The newest, durable or not.
    public StreamMark? Mark
    {
        get => Volatile.Read(ref _mark);
        set => Volatile.Write(ref _mark, value);
    }

    // Compaction was told that versions before this are not needed, so they are not shown again.
    public long GivenUpBefore => Volatile.Read(ref _givenUpBefore);

    public StreamMark? MarkAt(LogPosition position)
    {
        StreamMark? mark = Mark;
        while (mark is not null && mark.Position > position)
        {
            mark = mark.Previous;
        }

        return mark;
    }

    public (long Version, StreamStatus Status) At(LogPosition position)
    {
        long version = Positions.CountUpTo(position);
        StreamMark? mark = MarkAt(position);
        StreamStatus status =
            mark is { IsTombstoned: true } ? StreamStatus.Tombstoned
            : version == 0 ? StreamStatus.Absent
            : mark?.DeletedAt == version ? StreamStatus.Deleted
            : StreamStatus.Live;
        return (version, status);
    }

    // Where it was last touched, by an event or a mark.
    public LogPosition Touched => Mark is { Position: var marked } && marked > Positions.Newest ? marked : Positions.Newest;

    public void GiveUp(long version)
    {
        long before = Volatile.Read(ref _givenUpBefore);
        while (before <= version && Interlocked.CompareExchange(ref _givenUpBefore, version + 1, before) is var found && found != before)
        {
            before = found;
        }
    }
}
