using DataIntensive.Internal;

namespace DataIntensive.Logs;

// The commits that wait for the next write, laid out as the frame they will be.
internal sealed class FrameBuffer
{
    private readonly List<(ILogCompletion Completion, long Position)> _waiting = [];
    private readonly List<int> _commitEnds = [];
    private byte[] _bytes = new byte[16 * 1024];
    private int _length = FrameFormat.HeaderBytes;

    public int Records { get; private set; }

    public int Commits => _waiting.Count;

    public int PayloadBytes => _length - FrameFormat.HeaderBytes;

    public bool NeedsDisk { get; private set; }

    public long FirstPosition { get; private set; }

    public long LastPosition => FirstPosition + Records - 1;

    public void Add(LogBatch batch, Durability durability, ILogCompletion completion, long firstPosition)
    {
        if (Records == 0)
        {
            FirstPosition = firstPosition;
        }

        ReadOnlySpan<byte> encoded = batch.Encoded;
        EnsureRoom(encoded.Length);
        encoded.CopyTo(_bytes.AsSpan(_length));
        _commitEnds.Add(_length - FrameFormat.HeaderBytes + encoded.Length);
        _length += encoded.Length;
        Records += batch.Count;
        NeedsDisk |= durability == Durability.Disk;
        _waiting.Add((completion, firstPosition + batch.Count - 1));
    }

    // Writes checksums, header, padding and trailer, and returns the bytes to be written at that offset.
    public ReadOnlySpan<byte> Seal(ulong salt, long fileOffset, long durable, long timeMicros, uint previousChecksum, long fileBytes, out FrameHeader header)
    {
        EnsureRoom(FrameFormat.Alignment + FrameFormat.TrailerBytes);
        uint running = Crc32C.Start;
        int start = 0;
        long position = FirstPosition;
        Span<byte> payload = _bytes.AsSpan(FrameFormat.HeaderBytes, PayloadBytes);
        foreach (int end in _commitEnds)
        {
            running = RecordFormat.Seal(payload[start..end], salt, ref position, running);
            start = end;
        }

        header = new FrameHeader(
            PayloadBytes,
            Records,
            FirstPosition,
            durable,
            timeMicros,
            Crc32C.Finish(running),
            previousChecksum,
            Flags: 0,
            Commits,
            fileBytes,
            Checksum: 0);
        Span<byte> frame = _bytes.AsSpan(0, header.FrameBytes);
        FrameFormat.Write(frame, header, salt, fileOffset, out uint checksum);
        header = header with { Checksum = checksum };
        return frame;
    }

    public void CompleteAll(Exception? failure)
    {
        foreach ((ILogCompletion completion, long position) in _waiting)
        {
            completion.Complete(new LogPosition(position), failure);
        }
    }

    public void Clear()
    {
        _waiting.Clear();
        _commitEnds.Clear();
        _length = FrameFormat.HeaderBytes;
        Records = 0;
        NeedsDisk = false;
    }

    private void EnsureRoom(int more)
    {
        long needed = (long)_length + more;
        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(needed, 2L * _bytes.Length)));
        }
    }
}
