namespace DataIntensive.Events;

// Where the events of one stream stand, and what was said of it. It may have no events, when only something was said of it.
internal sealed class StreamIndex(StreamId id, CategoryIndex? category)
{
    private LogPositionList _positions = new();
    private ArchivedPositions? _archived;
    private StreamMark? _mark;
    private long _givenUpBefore;

    public StreamId Id => id;

    // Shared with the other streams of the category; null when the id names none.
    public CategoryIndex? Category => category;

    // Empty while they are kept as those of an archived stream.
    public LogPositionList Positions => Volatile.Read(ref _positions);

    // Null while the index has the events: an archived stream stands in it until that is given up.
    public ArchivedPositions? Archived => Volatile.Read(ref _archived);

    // It is about to be restored, so the index keeps its events.
    public bool IsHeld_NeedsSequencer { get; set; }

    // It was archived in the state snapshot that it comes from, which may have some lists with its events and some without.
    public bool IsHalfArchived_NeedsSequencer { get; set; }

    // How many events were ever appended to it, durable or not.
    public long Version => CountUpTo(new LogPosition(long.MaxValue));

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
        long version = CountUpTo(position);
        StreamMark? mark = MarkAt(position);
        StreamStatus status =
            mark is { IsTombstoned: true } ? StreamStatus.Tombstoned
            : version == 0 ? StreamStatus.Absent
            : mark?.DeletedAt == version ? StreamStatus.Deleted
            : mark is { IsArchived: true } ? StreamStatus.Archived
            : StreamStatus.Live;
        return (version, status);
    }

    public long CountUpTo(LogPosition position) =>
        Archived is { } archived && position >= archived.Newest ? archived.Count : AllPositions().CountUpTo(position);

    // Made for the caller while the stream's own are those of an archived one. Whoever takes them out of the index, or puts them back,
    // lets both be seen for a moment.
    public LogPositionList AllPositions() => Positions is { Count: > 0 } positions ? positions : Archived?.Read() ?? Positions;

    public LogPosition PositionOf(long version) => version == 1 && Archived is { } archived ? archived.First : AllPositions()[version - 1];

    public void Archive_NeedsSequencer(ArchivedPositions archived)
    {
        Volatile.Write(ref _archived, archived);
        Volatile.Write(ref _positions, new LogPositionList { NewestArchived = archived.Newest });
    }

    public void Restore_NeedsSequencer(LogPositionList positions)
    {
        Volatile.Write(ref _positions, positions);
        Volatile.Write(ref _archived, null);
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
