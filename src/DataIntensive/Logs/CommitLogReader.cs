namespace DataIntensive.Logs;

internal sealed partial class CommitLogReader(CommitLog log, Durability upTo) : LogReader
{
    private LogSegment? _segment;
    private FrameScanner? _scanner;
    private FrameCursor _frame;
    private bool _isPlaced;
    private long _told;
    private bool _passedLoss;

    public override bool TryRead(out LogRecord record)
    {
        while (true)
        {
            while (_frame.TryTake(out record))
            {
                if (record.Position > Position)
                {
                    Tell(ref record, record.Position.Value - _told - 1);
                    Position = record.Position;
                    _told = record.Position.Value;
                    return true;
                }
            }

            // Whole frames become readable, so what is left of a loaded one needs no look at the log's end.
            StepOverRemoved();
            if (Position >= log.ReadableUpTo(upTo))
            {
                return false;
            }

            LoadNextFrame();
        }
    }

    public override async ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (log.WaitBehind(Position, upTo, cancellationToken) is { } wait)
        {
            if (!await wait.ConfigureAwait(false))
            {
                return false;
            }
        }

        return true;
    }

    public override void Seek(LogPosition after)
    {
        LogRange range = log.Range;
        if (after > range.End)
        {
            throw new ArgumentOutOfRangeException(nameof(after), after, $"The log ends at position {range.End}.");
        }

        if (after.Value < range.First.Value - 1)
        {
            throw new LogHistoryGoneException(after, new LogPosition(range.First.Value - 1));
        }

        StandBehind(after);
    }

    public override LogPosition SeekTime(DateTimeOffset from)
    {
        long micros = LogTime.MicrosAtOrAfter(from);
        StandBehind(new LogPosition(log.Range.First.Value - 1));
        if (LastSegmentBefore(micros) is { } segment && segment.TryEnter())
        {
            StandBehind(new LogPosition(Math.Max(Position.Value, segment.Index.PositionBeforeTime(micros) - 1)));
            segment.Leave();
        }

        while (TryRead(out LogRecord record))
        {
            if (record.Timestamp >= from)
            {
                StandBehind(new LogPosition(record.Position.Value - 1));
                break;
            }
        }

        _told = Position.Value;
        return Position;
    }

    // The last segment that begins with a frame older than the time.
    private LogSegment? LastSegmentBefore(long micros)
    {
        LogSegment[] segments = log.Segments;
        int low = 0;
        int high = segments.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (!segments[middle].TryEnter())
            {
                // Trimmed or compacted meanwhile.
                return LastSegmentBefore(micros);
            }

            bool isBefore = segments[middle].Index.FirstTimeMicros < micros;
            segments[middle].Leave();
            if (isBefore)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low == 0 ? null : segments[low - 1];
    }

    private protected override void Dispose(bool disposing)
    {
        _lookup?.Dispose();
        ReleaseCached();
        _scanner?.Dispose();
        _scanner = null;
        _segment?.Leave();
        _segment = null;
        Unload();
    }

    private void StandBehind(LogPosition after)
    {
        Position = after;
        _told = after.Value;
        _passedLoss = false;
        _isPlaced = false;
        Unload();
    }

    private FrameCursor Load(in FrameHeader header, ReadOnlyMemory<byte> frame)
    {
        _places.Clear();
        return _frame = new FrameCursor(header, frame);
    }

    // The loaded frame stands in the scanner's buffer: it goes when that is used for something else.
    private void Unload()
    {
        _frame = default;
        _places.Clear();
        _earlierFrames.Clear();
    }

    private void Tell(ref LogRecord record, long missing)
    {
        if (missing != 0)
        {
            record = record with { Missing = _passedLoss ? -missing : missing };
        }

        _passedLoss = _frame.IsRest;
    }

    private void StepOverRemoved()
    {
        if (_frame.Covers(Position.Value + 1))
        {
            Position = new LogPosition(_frame.LastPosition);
        }
    }

    // There is a record behind Position: it stands in this segment before its published end, or in a later one.
    private void LoadNextFrame()
    {
        _earlierFrames.Clear();
        if (!_isPlaced)
        {
            PlaceBefore(Position.Value + 1);
        }

        FrameScanResult result = _scanner!.Read(_segment!.End, out FrameHeader header, out ReadOnlyMemory<byte> frame, out FrameDamage damage);
        switch (result)
        {
            case FrameScanResult.Frame:
                Load(header, frame);
                break;
            case FrameScanResult.End:
                LoadNextSegment();
                break;
            case FrameScanResult.Damaged when log.IsSalvage:
                PassDamage();
                break;
            default:
                throw new LogCorruptException(_segment.Name, damage.Offset, damage.Expected, damage.Found);
        }
    }

    private void LoadNextSegment()
    {
        LogSegment next = SegmentOf(Position.Value + 1);
        if (!ReferenceEquals(next, _segment))
        {
            PlaceBefore(Position.Value + 1);
            return;
        }

        // Only where frames are lost does a segment end before the position that the next one begins with.
        LogSegment[] segments = log.Segments;
        int following = Array.IndexOf(segments, next) + 1;
        _passedLoss = true;
        if (following < segments.Length)
        {
            Position = new LogPosition(segments[following].Header.FirstPosition - 1);
            TryMoveTo(segments[following]);
        }
        else
        {
            Position = log.ReadableUpTo(upTo);
        }
    }

    private void PlaceBefore(long position)
    {
        LogSegment segment = SegmentOf(position);
        while (!TryMoveTo(segment))
        {
            // Trimmed or compacted meanwhile: another stands in its place, or its history is gone.
            segment = SegmentOf(position);
        }

        _scanner!.MoveTo(segment.Index.OffsetBefore(position));
        _scanner!.SkipTo(position - 1, segment.End, _earlierFrames);
        _isPlaced = true;
    }

    private LogSegment SegmentOf(long position)
    {
        LogSegment[] segments = log.Segments;
        if (segments[0].Header.FirstPosition > position && !log.IsSalvage)
        {
            throw new LogHistoryGoneException(Position, new LogPosition(segments[0].Header.FirstPosition - 1));
        }

        int low = 0;
        int high = segments.Length;
        while (high - low > 1)
        {
            int middle = (low + high) >>> 1;
            if (segments[middle].Header.FirstPosition <= position)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return segments[low];
    }

    // Stands at its first frame then.
    private bool TryMoveTo(LogSegment segment)
    {
        if (ReferenceEquals(segment, _segment))
        {
            _scanner!.MoveTo(SegmentHeader.Bytes);
            return true;
        }

        if (!segment.TryEnter())
        {
            return false;
        }

        _scanner?.Dispose();
        _segment?.Leave();
        _salvage = null;
        _segment = segment;
        _scanner = new FrameScanner(segment.File, segment.Header.Salt, SegmentHeader.Bytes);
        return true;
    }
}
