using System.Buffers.Binary;

namespace DataIntensive.Logs;

internal sealed class CommitLogReader(CommitLog log, Durability upTo) : LogReader
{
    private LogSegment? _segment;
    private FrameScanner? _scanner;
    private ReadOnlyMemory<byte> _records;
    private long _nextInFrame;
    private DateTimeOffset _frameTime;

    public override bool TryRead(out LogRecord record)
    {
        // Whole frames become readable: what is left of the loaded one needs no look at the log.
        while (true)
        {
            while (_records.Length > 0)
            {
                record = TakeRecord();
                if (record.Position > Position)
                {
                    Position = record.Position;
                    return true;
                }
            }

            if (Position >= log.ReadableUpTo(upTo))
            {
                record = default;
                return false;
            }

            LoadFrame();
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

        Position = after;
        _records = default;
        if (log.Segments.Length == 0)
        {
            return;
        }

        LogSegment target = SegmentOf(after.Value + 1);
        MoveTo(target, target.OffsetBefore(after.Value + 1));
        _scanner!.SkipTo(after.Value, target.End);
    }

    private protected override void Dispose(bool disposing)
    {
        _scanner?.Dispose();
        _scanner = null;
        _segment = null;
    }

    private LogRecord TakeRecord()
    {
        ReadOnlySpan<byte> header = _records.Span;
        uint lengthField = BinaryPrimitives.ReadUInt32LittleEndian(header[RecordFormat.LengthOffset..]);
        uint tag = BinaryPrimitives.ReadUInt32LittleEndian(header[RecordFormat.TagOffset..]);
        int bodyBytes = (int)(lengthField & ~RecordFormat.EndsCommit);
        LogRecord record = new(
            new LogPosition(_nextInFrame++),
            tag,
            _records.Slice(RecordFormat.HeaderBytes, bodyBytes),
            (lengthField & RecordFormat.EndsCommit) != 0,
            _frameTime);
        _records = _records[(RecordFormat.HeaderBytes + bodyBytes)..];
        return record;
    }

    // There is a record behind Position: it stands in this segment before its published end, or in a later one.
    private void LoadFrame()
    {
        if (_segment is null)
        {
            MoveTo(SegmentOf(Position.Value + 1), SegmentHeader.Bytes);
        }

        FrameScanResult result = _scanner!.Read(_segment!.End, out FrameHeader header, out ReadOnlyMemory<byte> frame, out FrameDamage damage);
        if (result == FrameScanResult.Damaged)
        {
            throw new LogCorruptException(_segment.Name, damage.Offset, damage.Expected, damage.Found);
        }

        if (result == FrameScanResult.Frame)
        {
            _records = frame.Slice(FrameFormat.HeaderBytes, header.PayloadBytes);
            _nextInFrame = header.FirstPosition;
            _frameTime = DateTimeOffset.UnixEpoch.AddTicks(header.TimeMicros * TimeSpan.TicksPerMicrosecond);
            return;
        }

        MoveTo(SegmentOf(Position.Value + 1), SegmentHeader.Bytes);
    }

    private LogSegment SegmentOf(long position)
    {
        LogSegment[] segments = log.Segments;
        if (segments[0].Header.FirstPosition > position)
        {
            throw new LogHistoryGoneException(Position, new LogPosition(segments[0].Header.FirstPosition - 1));
        }

        int found = 0;
        while (found + 1 < segments.Length && segments[found + 1].Header.FirstPosition <= position)
        {
            found++;
        }

        return segments[found];
    }

    private void MoveTo(LogSegment segment, long offset)
    {
        if (ReferenceEquals(segment, _segment))
        {
            _scanner!.MoveTo(offset);
            return;
        }

        _scanner?.Dispose();
        _segment = segment;
        _scanner = new FrameScanner(segment.File, segment.Header.Salt, offset);
    }
}
