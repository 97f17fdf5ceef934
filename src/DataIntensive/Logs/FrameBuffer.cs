using System.Runtime.InteropServices;

namespace DataIntensive.Logs;

// The commits that wait for the next write, laid out as the frame they will be. The bytes stay where they are in memory and begin at
// a block, so that a storage can write them past the page cache without a copy.
internal sealed class FrameBuffer(int usualBytes = 0)
{
    private const int SmallestBytes = 16 * 1024;
    private const int SmallBytes = 256 * 1024;
    private const int LargestKeptBytes = 16 * 1024 * 1024;
    private const int BlockBytes = 4096;

    private readonly List<(ILogCompletion Completion, long Position)> _waiting = [];
    private readonly List<int> _commitEnds = [];
    private Memory<byte> _bytes = Aligned(SmallestBytes);
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
        encoded.CopyTo(_bytes.Span[_length..]);
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
        uint recordsChecksum = RecordFormat.Seal(_bytes.Span.Slice(FrameFormat.HeaderBytes, PayloadBytes), CollectionsMarshal.AsSpan(_commitEnds), salt, FirstPosition);
        header = new FrameHeader(
            PayloadBytes,
            Records,
            FirstPosition,
            durable,
            timeMicros,
            recordsChecksum,
            previousChecksum,
            Flags: 0,
            Commits,
            fileBytes,
            Checksum: 0);
        Span<byte> frame = _bytes.Span[..header.FrameBytes];
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
        if (_bytes.Length > LargestKeptBytes)
        {
            // One huge commit does not take its memory for good.
            _bytes = Aligned(SmallestBytes);
        }
    }

    private static Memory<byte> Aligned(int length)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(length + BlockBytes, pinned: true);
        nint behindABlock = Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0) & (BlockBytes - 1);
        return bytes.AsMemory((int)((BlockBytes - behindABlock) & (BlockBytes - 1)), length);
    }

    private void EnsureRoom(int more)
    {
        long needed = (long)_length + more;
        if (needed > _bytes.Length)
        {
            // Who fills a large frame will soon fill the largest: memory is not taken and copied again and again until then.
            long wanted = needed > SmallBytes && needed <= usualBytes ? usualBytes : 2L * _bytes.Length;
            Memory<byte> larger = Aligned((int)Math.Min(Array.MaxLength - BlockBytes, Math.Max(needed, wanted)));
            _bytes.Span[.._length].CopyTo(larger.Span);
            _bytes = larger;
        }
    }
}
