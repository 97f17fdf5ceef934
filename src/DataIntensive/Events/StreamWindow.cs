namespace DataIntensive.Events;

// Which versions of a stream a reading gives, and at which it starts.
internal readonly record struct StreamWindow(StreamInfo Info, LogPositionList? Positions, long Start, long First, long Last)
{
    public static StreamWindow Of(EventState state, StreamIndex? stream, EventReadOptions options, PositionRange range)
    {
        if (stream is null)
        {
            return default;
        }

        LogPositionList positions = stream.Positions;
        long last = Math.Min(positions.CountUpTo(range.Last), options.AsOfVersion ?? long.MaxValue);
        long first = Math.Max(1, positions.CountUpTo(new LogPosition(range.First.Value - 1)) + 1);
        StreamInfo info = new(last == 0 ? StreamStatus.Absent : StreamStatus.Live, last, 1);
        return options.Backward
            ? new StreamWindow(info, positions, Math.Min(options.FromVersion ?? last, last), first, last)
            : new StreamWindow(info, positions, Math.Max(options.FromVersion ?? first, first), first, last);
    }
}
