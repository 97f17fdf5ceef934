namespace DataIntensive.Logs;

internal sealed partial class CommitLogReader
{
    private RecordLookup? _lookup;

    public override bool TryReadAt(LogPosition position, out LogRecord record)
    {
        if (_frame.Covers(position.Value))
        {
            // A few records further in the same frame, most often.
            return TryTakeLoaded(position, out record);
        }

        LogPosition readable = log.ReadableUpTo(upTo);
        if (position.Value < 1 || position > readable)
        {
            throw new ArgumentOutOfRangeException(nameof(position), position, $"This reader may read positions 1 to {readable}.");
        }

        LogPosition first = log.Range.First;
        if (position < first)
        {
            throw new LogHistoryGoneException(new LogPosition(position.Value - 1), new LogPosition(first.Value - 1));
        }

        StandBehind(position);
        _lookup ??= new RecordLookup();
        while (!_lookup.TryMoveTo(SegmentOf(position.Value)))
        {
            // Trimmed or compacted meanwhile.
        }

        return _lookup.TryFind(position.Value, out record);
    }

    private bool TryTakeLoaded(LogPosition position, out LogRecord record)
    {
        if (position <= Position)
        {
            _frame = _frame.FromStart();
        }

        FrameCursor.Place place = _frame.Here();
        while (place.Position < position.Value && _frame.TryTake(out _))
        {
            place = _frame.Here();
        }

        Position = position;
        _told = position.Value;
        if (place.Position == position.Value && _frame.TryTake(out record))
        {
            return true;
        }

        record = default;
        return false;
    }
}
