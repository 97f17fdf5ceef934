using System.Buffers;
using DataIntensive.Storage;

namespace DataIntensive.Logs;

internal enum FrameScanResult
{
    Frame,
    End,
    Damaged,
}

internal readonly record struct FrameDamage(long Offset, string Expected, string Found);

// Walks the frames of one segment file, checking each entirely before it is given out.
internal sealed class FrameScanner(IStorageFile file, ulong salt, long offset) : IDisposable
{
    private const int SmallestRead = 16 * 1024;
    private const int LargestRead = 1024 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(SmallestRead);
    private long _bufferStart;
    private int _bufferLength;
    private int _readAhead = SmallestRead;

    // Where the next frame begins.
    public long Offset { get; private set; } = offset;

    // Reads the frame at Offset, of which bytes before the limit are believed to exist, and steps behind it.
    public FrameScanResult Read(long limit, out FrameHeader header, out ReadOnlyMemory<byte> frame, out FrameDamage damage)
    {
        header = default;
        frame = default;
        damage = default;
        if (Offset >= limit)
        {
            return FrameScanResult.End;
        }

        ReadOnlySpan<byte> start = Fill(FrameFormat.HeaderBytes, limit);
        if (!FrameFormat.TryReadHeader(start, salt, Offset, out header))
        {
            damage = start.Length < FrameFormat.HeaderBytes
                ? new FrameDamage(Offset, "a frame header", $"the end of the file after {start.Length} bytes")
                : new FrameDamage(Offset, "a frame header", "other bytes");
            return FrameScanResult.Damaged;
        }

        ReadOnlySpan<byte> whole = Fill(header.FrameBytes, limit);
        if (whole.Length < header.FrameBytes)
        {
            damage = new FrameDamage(Offset, $"a frame of {header.FrameBytes} bytes", $"the end of the file after {whole.Length}");
            return FrameScanResult.Damaged;
        }

        if ((header.Flags & ~FrameFormat.KnownFlags) != 0)
        {
            throw new LogFormatException($"A frame has flags {header.Flags:x}; this version knows {FrameFormat.KnownFlags:x}. Use a newer version of the library.");
        }

        if (FrameFormat.FindDamage(whole, header, salt) is { } found)
        {
            damage = new FrameDamage(Offset + found.Offset, found.Expected, found.Found);
            return FrameScanResult.Damaged;
        }

        frame = _buffer.AsMemory((int)(Offset - _bufferStart), header.FrameBytes);
        Offset += header.FrameBytes;
        return FrameScanResult.Frame;
    }

    // Steps over frames by their headers alone while they end at or before the position, and notes where they begin.
    public void SkipTo(long after, long limit, Stack<long>? passed = null)
    {
        while (Offset < limit
            && FrameFormat.TryReadHeader(Fill(FrameFormat.HeaderBytes, limit), salt, Offset, out FrameHeader header)
            && header.LastPosition <= after)
        {
            passed?.Push(Offset);
            Offset += header.FrameBytes;
        }
    }

    // Steps over one frame by its header alone.
    public bool TrySkip(long limit, out long offset, out FrameHeader header)
    {
        header = default;
        offset = Offset;
        if (Offset >= limit || !FrameFormat.TryReadHeader(Fill(FrameFormat.HeaderBytes, limit), salt, Offset, out header))
        {
            return false;
        }

        Offset += header.FrameBytes;
        return true;
    }

    // What stands at Offset, unchecked, for a frame of which only the header is whole; fewer bytes at the limit.
    public ReadOnlySpan<byte> Peek(int count, long limit) => Fill(count, limit);

    public void MoveTo(long offset)
    {
        Offset = offset;
        _readAhead = SmallestRead;
    }

    // Forgets what was read ahead.
    public void ReadAnew() => _bufferLength = 0;

    public void Dispose()
    {
        byte[] buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private ReadOnlySpan<byte> Fill(int count, long limit)
    {
        long inBuffer = Offset - _bufferStart;
        if (inBuffer >= 0 && inBuffer + count <= _bufferLength)
        {
            return _buffer.AsSpan((int)inBuffer, count);
        }

        int wanted = (int)Math.Min(Math.Max(count, _readAhead), limit - Offset);
        _readAhead = Math.Min(_readAhead * 2, LargestRead);
        ReadOnlySpan<byte> kept = inBuffer >= 0 && inBuffer < _bufferLength ? _buffer.AsSpan((int)inBuffer, (int)Math.Min(wanted, _bufferLength - inBuffer)) : [];
        byte[] before = _buffer;
        if (_buffer.Length < wanted)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(wanted);
        }

        // What was read ahead is moved, not read again: a frame larger than the read-ahead would otherwise cost two reads.
        kept.CopyTo(_buffer);
        _bufferStart = Offset;
        _bufferLength = kept.Length;
        _bufferLength += file.Read(Offset + kept.Length, _buffer.AsSpan(kept.Length, wanted - kept.Length));
        if (!ReferenceEquals(before, _buffer))
        {
            ArrayPool<byte>.Shared.Return(before);
        }

        return _buffer.AsSpan(0, Math.Min(count, _bufferLength));
    }
}
