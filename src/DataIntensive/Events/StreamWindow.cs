namespace DataIntensive.Events;

// Which versions of a stream a reading gives, and at which it starts.
internal readonly record struct StreamWindow(StreamInfo Info, LogPositionList? Positions, long Start, long First, long Last)
{
    // What is hidden is so by what is said of the stream now, also for who reads how it was earlier.
    public static StreamWindow Of(EventState state, StreamIndex? stream, EventReadOptions options, LogPosition visible, PositionRange range)
    {
        if (stream is null)
        {
            return new StreamWindow(new StreamInfo(StreamStatus.Absent, 0, 1), null, 0, 0, 0);
        }

        StreamStatus status = stream.At(visible).Status;
        long last = Math.Min(stream.CountUpTo(range.Last), options.AsOfVersion ?? long.MaxValue);
        if (status == StreamStatus.Archived && !options.IncludeArchived)
        {
            return new StreamWindow(new StreamInfo(last == 0 ? StreamStatus.Absent : status, last, last + 1), null, 0, 0, 0);
        }

        LogPositionList positions = stream.AllPositions();
        long shown = EventVisibility.FirstShown(stream, visible, options.IncludeArchived);
        shown = EventVisibility.FirstYoungEnough(state, positions, shown, last, EventVisibility.OldestShown(state, stream, visible));
        StreamInfo info = new(last == 0 && status != StreamStatus.Tombstoned ? StreamStatus.Absent : status, last, Math.Min(shown, last + 1));
        long first = Math.Max(shown, positions.CountUpTo(new LogPosition(range.First.Value - 1)) + 1);
        return options.Backward
            ? new StreamWindow(info, positions, Math.Min(options.FromVersion ?? last, last), first, last)
            : new StreamWindow(info, positions, Math.Max(options.FromVersion ?? first, first), first, last);
    }
}
