namespace DataIntensive.Logs;

internal sealed partial class CommitLogReader
{
    // Frames are found forward: from an indexed one on, noting those that are passed. The way back takes them from here.
    private readonly Stack<long> _earlierFrames = new();
    private readonly List<FrameCursor.Place> _places = [];

    public override bool TryReadPrevious(out LogRecord record)
    {
        LogPosition first = log.Range.First;
        LogPosition readable = log.ReadableUpTo(upTo);
        if (Position > readable)
        {
            StandBehind(readable);
        }

        while (Position >= first)
        {
            if (!_frame.Covers(Position.Value))
            {
                LoadFrameWith(Position.Value);
            }

            if (TryTakeBefore(Position.Value, out record))
            {
                Tell(ref record, _told - record.Position.Value);
                Position = new LogPosition(record.Position.Value - 1);
                _told = Position.Value;
                return true;
            }

            // What the frame covers before its first record was removed.
            Position = new LogPosition(_frame.FirstPosition - 1);
        }

        record = default;
        return false;
    }

    private void LoadFrameWith(long position)
    {
        LogSegment segment = SegmentOf(position);
        if (_earlierFrames.Count > 0 && ReferenceEquals(segment, _segment))
        {
            _scanner!.MoveTo(_earlierFrames.Pop());
            _isPlaced = true;
        }
        else
        {
            _earlierFrames.Clear();
            PlaceBefore(position);
        }

        FrameScanResult result = _scanner!.Read(segment.End, out FrameHeader header, out ReadOnlyMemory<byte> frame, out FrameDamage damage);
        if (result != FrameScanResult.Frame || !Load(header, frame).Covers(position))
        {
            throw result == FrameScanResult.Damaged
                ? new LogCorruptException(segment.Name, damage.Offset, damage.Expected, damage.Found)
                : new LogCorruptException(segment.Name, _scanner.Offset, $"a frame with position {position}", "none");
        }
    }

    // The newest record of the loaded frame at or before the position; the way forward goes on with it.
    private bool TryTakeBefore(long position, out LogRecord record)
    {
        if (_places.Count == 0)
        {
            ListPlaces();
        }

        int low = 0;
        int high = _places.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_places[middle].Position <= position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        if (low == 0)
        {
            record = default;
            return false;
        }

        _frame.MoveTo(_places[low - 1]);
        _frame.TryTake(out record);
        _frame.MoveTo(_places[low - 1]);
        return true;
    }

    private void ListPlaces()
    {
        FrameCursor walk = _frame.FromStart();
        FrameCursor.Place place = walk.Here();
        while (walk.TryTake(out _))
        {
            _places.Add(place);
            place = walk.Here();
        }
    }
}
