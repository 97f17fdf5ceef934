using DataIntensive.Logs;
using DataIntensive.Storage;

namespace DataIntensive.Tests.Logs;

public sealed class FrameScannerTests
{
    private const ulong Salt = 5;

    [Fact]
    public void Read_OfFramesLargerThanTheReadAhead_ReadsEveryByteOnce()
    {
        CountingFile file = new(Frames(bodies: [10, 40_000, 300, 2_500_000, 17, 100_000]));
        using FrameScanner scanner = new(file, Salt, offset: 0);
        List<int> records = [];
        while (scanner.Read(file.Length, out FrameHeader header, out ReadOnlyMemory<byte> frame, out _) == FrameScanResult.Frame)
        {
            records.Add(frame.Span[FrameFormat.HeaderBytes + RecordFormat.HeaderBytes]);
            header.FrameBytes.Should().Be(frame.Length);
        }

        records.Should().Equal(0, 1, 2, 3, 4, 5);
        file.BytesRead.Should().Be(file.Length);
    }

    private static byte[] Frames(int[] bodies)
    {
        using MemoryStream frames = new();
        for (int i = 0; i < bodies.Length; i++)
        {
            FrameBuffer buffer = new();
            buffer.Add(new LogBatch().Add(0, Enumerable.Repeat((byte)i, bodies[i]).ToArray()), Durability.Disk, null!, i + 1);
            frames.Write(buffer.Seal(Salt, frames.Length, durable: i, timeMicros: i, previousChecksum: 0, fileBytes: 0, out _));
        }

        return frames.ToArray();
    }

    private sealed class CountingFile(byte[] bytes) : IStorageFile
    {
        public long BytesRead { get; private set; }

        public long Length => bytes.Length;

        public int Read(long offset, Span<byte> destination)
        {
            int count = (int)Math.Min(destination.Length, bytes.Length - offset);
            bytes.AsSpan((int)offset, count).CopyTo(destination);
            BytesRead += count;
            return count;
        }

        public void Write(long offset, ReadOnlySpan<byte> source) => throw new NotSupportedException();

        public void SetLength(long length) => throw new NotSupportedException();

        public void Flush() => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
