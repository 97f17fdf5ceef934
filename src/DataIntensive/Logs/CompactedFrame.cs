using System.Buffers.Binary;
using DataIntensive.Internal;

namespace DataIntensive.Logs;

// Builds a frame in which records are missing: those that are left keep their position and time by the jumps between them. Records
// of many frames go into one, so that little is left where little is alive.
internal sealed class CompactedFrame
{
    private const int NoRecord = -1;

    private byte[] _bytes = new byte[16 * 1024];
    private int _length;
    private int _entries;
    private int _commits;
    private long _first;
    private long _next;
    private long _firstTime;
    private long _time;
    private int _lastOfCommit;

    public int PayloadBytes => _length - FrameFormat.HeaderBytes;

    // The time of the newest record in it; its own when it has none.
    public long LastTimeMicros => _time;

    public void Begin(long firstPosition, long timeMicros)
    {
        _length = FrameFormat.HeaderBytes;
        _entries = 0;
        _commits = 0;
        _first = _next = firstPosition;
        _firstTime = _time = timeMicros;
        _lastOfCommit = NoRecord;
    }

    // A record of a commit whose end is told by EndCommit.
    public void Add(in LogRecord record)
    {
        long timeMicros = LogTime.ToMicros(record.Timestamp);
        if (record.Position.Value != _next || timeMicros != _time)
        {
            new LogJump(record.Position.Value, timeMicros).Write(Reserve(LogJump.Bytes));
            _time = timeMicros;
        }

        _lastOfCommit = _length;
        Span<byte> destination = Reserve(RecordFormat.HeaderBytes + record.Body.Length);
        BinaryPrimitives.WriteInt32LittleEndian(destination[RecordFormat.LengthOffset..], record.Body.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[RecordFormat.TagOffset..], record.Tag);
        record.Body.Span.CopyTo(destination[RecordFormat.HeaderBytes..]);
        _next = record.Position.Value + 1;
    }

    // The last record that is left of a commit ends it.
    public void EndCommit()
    {
        if (_lastOfCommit == NoRecord)
        {
            return;
        }

        Span<byte> field = _bytes.AsSpan(_lastOfCommit + RecordFormat.LengthOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(field, BinaryPrimitives.ReadUInt32LittleEndian(field) | RecordFormat.EndsCommit);
        _commits++;
        _lastOfCommit = NoRecord;
    }

    // Closes the frame, which covers everything up to the last position, and returns the bytes to be written at that offset.
    public ReadOnlySpan<byte> Seal(ulong salt, long fileOffset, uint previousChecksum, long lastPosition, out FrameHeader header)
    {
        header = new FrameHeader(PayloadBytes, _entries, _first, lastPosition, _firstTime, SealEntries(salt), previousChecksum, FrameFormat.Compacted, _commits, lastPosition, Checksum: 0);
        EnsureRoom(header.FrameBytes);
        Span<byte> frame = _bytes.AsSpan(0, header.FrameBytes);
        FrameFormat.Write(frame, header, salt, fileOffset, out uint checksum);
        header = header with { Checksum = checksum };
        return frame;
    }

    // What is left of a damaged frame, without checksums.
    public FrameCursor Rest(long lastPosition)
    {
        FrameHeader header = new(PayloadBytes, _entries, _first, lastPosition, _firstTime, 0, 0, FrameFormat.Compacted, _commits, lastPosition, Checksum: 0);
        return new FrameCursor(header, _bytes.AsMemory(0, _length)) { IsRest = true };
    }

    private uint SealEntries(ulong salt)
    {
        uint running = Crc32C.Start;
        long position = _first;
        for (Span<byte> rest = _bytes.AsSpan(FrameFormat.HeaderBytes, PayloadBytes); rest.Length > 0;)
        {
            uint lengthField = BinaryPrimitives.ReadUInt32LittleEndian(rest[RecordFormat.LengthOffset..]);
            Span<byte> entry = rest[..(RecordFormat.HeaderBytes + (int)(lengthField & RecordFormat.NoFlags))];
            BinaryPrimitives.WriteUInt32LittleEndian(entry, RecordFormat.Checksum(salt, position, entry));
            running = Crc32C.Append(running, entry[..sizeof(uint)]);
            bool isJump = (lengthField & RecordFormat.IsJump) != 0;
            position = isJump && LogJump.TryRead(entry, position, long.MaxValue, out LogJump jump) ? jump.Position : position + 1;
            rest = rest[entry.Length..];
        }

        return Crc32C.Finish(running);
    }

    private Span<byte> Reserve(int size)
    {
        EnsureRoom(_length + size);
        Span<byte> reserved = _bytes.AsSpan(_length, size);
        _length += size;
        _entries++;
        return reserved;
    }

    private void EnsureRoom(long needed)
    {
        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(needed, 2L * _bytes.Length)));
        }
    }
}
