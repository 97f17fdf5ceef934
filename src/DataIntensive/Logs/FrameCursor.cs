using System.Buffers.Binary;

namespace DataIntensive.Logs;

// Walks the records of one frame that was checked whole. Jumps are followed and not given out.
internal struct FrameCursor
{
    private readonly ReadOnlyMemory<byte> _payload;
    private int _offset;
    private long _next;
    private long _timeMicros;
    private DateTimeOffset _time;

    public FrameCursor(in FrameHeader header, ReadOnlyMemory<byte> frame)
    {
        _payload = frame.Slice(FrameFormat.HeaderBytes, header.PayloadBytes);
        FirstPosition = header.FirstPosition;
        LastPosition = header.LastPosition;
        FirstTimeMicros = header.TimeMicros;
        MoveTo(new Place(0, header.FirstPosition, header.TimeMicros));
    }

    public long FirstPosition { get; }

    public long FirstTimeMicros { get; }

    // What the frame covers, removed records at its end too.
    public long LastPosition { get; }

    // What is left of a damaged frame: records that are missing in it are lost, not removed.
    public bool IsRest { get; init; }

    public readonly bool IsLoaded => LastPosition > 0;

    public readonly bool Covers(long position) => IsLoaded && position >= FirstPosition && position <= LastPosition;

    public readonly FrameCursor FromStart()
    {
        FrameCursor start = this;
        start.MoveTo(new Place(0, FirstPosition, FirstTimeMicros));
        return start;
    }

    // Where a record stands that the cursor would give out next, or the end.
    public Place Here()
    {
        FollowJumps();
        return new Place(_offset, _next, _timeMicros);
    }

    public void MoveTo(Place place)
    {
        _offset = place.Offset;
        _next = place.Position;
        SetTime(place.TimeMicros);
    }

    // The time of the newest record in the frame; the frame's own when it has none.
    public readonly long LastTimeMicros()
    {
        FrameCursor rest = this;
        while (rest.TryTake(out _))
        {
        }

        return rest._timeMicros;
    }

    public bool TryTake(out LogRecord record)
    {
        if (!FollowJumps())
        {
            record = default;
            return false;
        }

        record = RecordFormat.Decode(_payload, _offset, _next++, _time);
        _offset += RecordFormat.HeaderBytes + record.Body.Length;
        return true;
    }

    private bool FollowJumps()
    {
        while (_offset < _payload.Length)
        {
            ReadOnlySpan<byte> header = _payload.Span[_offset..];
            if ((BinaryPrimitives.ReadUInt32LittleEndian(header[RecordFormat.LengthOffset..]) & RecordFormat.IsJump) == 0)
            {
                return true;
            }

            LogJump.TryRead(header[..LogJump.Bytes], _next, LastPosition, out LogJump jump);
            _next = jump.Position;
            SetTime(jump.TimeMicros);
            _offset += LogJump.Bytes;
        }

        return false;
    }

    private void SetTime(long timeMicros)
    {
        _timeMicros = timeMicros;
        _time = LogTime.FromMicros(timeMicros);
    }

    public readonly record struct Place(int Offset, long Position, long TimeMicros);
}
