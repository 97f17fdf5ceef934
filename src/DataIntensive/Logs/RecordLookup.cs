using System.Buffers;
using System.Buffers.Binary;

namespace DataIntensive.Logs;

// Finds one record by stepping over the headers of frames and records, and checks that record alone. It reads in small pieces, so a
// record at the end of a large frame does not cost the whole frame's memory; in larger ones while it is asked for what comes soon behind.
internal sealed class RecordLookup : IDisposable
{
    private const int UsualRead = 16 * 1024;
    private const int LongestRead = 256 * 1024;
    private const int NearBytes = 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(UsualRead);
    private LogSegment? _segment;
    private long _start;
    private int _length;
    private int _readBytes = UsualRead;
    private FrameHeader _frame;
    private long _frameEnd;
    private long _payloadEnd;
    private long _offset;
    private long _next;
    private long _timeMicros;
    private long _foundStart;
    private long _foundEnd;

    // Whether the record that was found last stands far from the one that was found before.
    public bool HasJumped { get; private set; }

    // Whether it is the position that would be found with the least effort.
    public bool StandsBefore(long position) => position == _next && _segment is not null;

    public bool TryMoveTo(LogSegment segment)
    {
        if (ReferenceEquals(segment, _segment))
        {
            return true;
        }

        if (!segment.TryEnter())
        {
            return false;
        }

        _segment?.Leave();
        _segment = segment;
        _length = 0;
        _frame = default;
        _frameEnd = 0;
        _foundStart = _foundEnd = long.MinValue / 2;
        return true;
    }

    // The whole record, with its header. False when the frame that covers the position has no such record. Asked for positions that go
    // up, it goes on where it was.
    public bool TryFind(long position, out ReadOnlyMemory<byte> record, out long timeMicros)
    {
        if (position < _next || position > _frame.LastPosition)
        {
            // What stands before the end of the last frame need not be stepped over again.
            long known = position > _frame.LastPosition ? _frameEnd : 0;
            _frameEnd = 0;
            long from = FindFrame(position, known, out _frame);
            _frameEnd = from + _frame.FrameBytes;
            _offset = from + FrameFormat.HeaderBytes;
            _payloadEnd = _offset + _frame.PayloadBytes;
            _next = _frame.FirstPosition;
            _timeMicros = _frame.TimeMicros;
        }

        while (_next <= position && _offset < _payloadEnd)
        {
            uint lengthField = ReadLengthField(out int size);
            if (_frame.IsCompacted && (lengthField & RecordFormat.IsJump) != 0)
            {
                Follow(ReadChecked(size).Span);
            }
            else if (_next == position)
            {
                record = ReadChecked(size);
                timeMicros = _timeMicros;
                _next++;
                _offset += size;
                HasJumped = _offset - size > _foundEnd + NearBytes || _offset < _foundStart - NearBytes;
                (_foundStart, _foundEnd) = (_offset - size, _offset);
                return true;
            }
            else
            {
                _next++;
            }

            _offset += size;
        }

        record = default;
        timeMicros = 0;
        return false;
    }

    public void Dispose()
    {
        _segment?.Leave();
        _segment = null;
        byte[] buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private long FindFrame(long position, long known, out FrameHeader header)
    {
        long offset = Math.Max(_segment!.Index.OffsetBefore(position), known);
        while (true)
        {
            if (!FrameFormat.TryReadHeader(Fill(offset, FrameFormat.HeaderBytes), _segment.Header.Salt, offset, out header))
            {
                throw new LogCorruptException(_segment.Name, offset, "a frame header", "other bytes");
            }

            if (header.LastPosition >= position)
            {
                return offset;
            }

            offset += header.FrameBytes;
        }
    }

    private void Follow(ReadOnlySpan<byte> bytes)
    {
        if (!LogJump.TryRead(bytes, _next, _frame.LastPosition, out LogJump jump))
        {
            throw new LogCorruptException(_segment!.Name, _offset, "a jump forward within the frame", "another one");
        }

        _next = jump.Position;
        _timeMicros = jump.TimeMicros;
    }

    // The length is not checked here, but a wrong one leads to a place where no checksum fits.
    private uint ReadLengthField(out int size)
    {
        ReadOnlySpan<byte> head = Fill(_offset, RecordFormat.HeaderBytes);
        uint field = head.Length < RecordFormat.HeaderBytes ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(head[RecordFormat.LengthOffset..]);
        size = RecordFormat.HeaderBytes + (int)(field & RecordFormat.NoFlags);
        return _offset + size <= _payloadEnd
            ? field
            : throw new LogCorruptException(_segment!.Name, _offset, "a record within its frame", $"a length of {size} bytes");
    }

    private ReadOnlyMemory<byte> ReadChecked(int size)
    {
        ReadOnlySpan<byte> bytes = Fill(_offset, size);
        if (bytes.Length < size)
        {
            throw new LogCorruptException(_segment!.Name, _offset, $"a record of {size} bytes", $"the end of the file after {bytes.Length}");
        }

        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        uint computed = RecordFormat.Checksum(_segment!.Header.Salt, _next, bytes);
        return stored == computed
            ? _buffer.AsMemory((int)(_offset - _start), size)
            : throw new LogCorruptException(_segment!.Name, _offset, $"record checksum {stored:x8}", $"{computed:x8}");
    }

    // Fewer bytes only at the end of what is written.
    private ReadOnlySpan<byte> Fill(long offset, int count)
    {
        long inBuffer = offset - _start;
        if (inBuffer >= 0 && inBuffer + count <= _length)
        {
            return _buffer.AsSpan((int)inBuffer, count);
        }

        // Within as much again behind what was read last: it pays to read further.
        bool goesOn = _length > 0 && inBuffer >= 0 && inBuffer <= 2L * _length;
        _readBytes = goesOn ? Math.Min(2 * _readBytes, LongestRead) : UsualRead;
        if (_buffer.Length < Math.Max(count, _readBytes))
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(count, _readBytes));
        }

        _start = offset;
        _length = _segment!.File.Read(offset, _buffer.AsSpan(0, (int)Math.Max(0, Math.Min(Math.Max(count, _readBytes), _segment.End - offset))));
        return _buffer.AsSpan(0, Math.Min(count, _length));
    }
}
