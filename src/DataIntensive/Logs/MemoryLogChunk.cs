using System.Buffers.Binary;

namespace DataIntensive.Logs;

// Records one after another as RecordFormat lays them out, but with the µs since the chunk began in place of the checksum.
internal sealed class MemoryLogChunk(long firstPosition, int capacityBytes, long beganMicros)
{
    // Nobody reads behind Length.
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(capacityBytes);

    public long FirstPosition => firstPosition;

    public int Length { get; private set; }

    public bool HasRoom(int bytes, long micros) => bytes <= _bytes.Length - Length && micros - beganMicros <= uint.MaxValue;

    public void Add(LogBatch batch, long micros)
    {
        Span<byte> copy = _bytes.AsSpan(Length, batch.SizeBytes);
        batch.Encoded.CopyTo(copy);
        Length += copy.Length;
        while (copy.Length > 0)
        {
            uint bodyBytes = BinaryPrimitives.ReadUInt32LittleEndian(copy[RecordFormat.LengthOffset..]);
            int size = RecordFormat.HeaderBytes + (int)bodyBytes;
            BinaryPrimitives.WriteUInt32LittleEndian(copy, (uint)(micros - beganMicros));
            if (size == copy.Length)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(copy[RecordFormat.LengthOffset..], bodyBytes | RecordFormat.EndsCommit);
            }

            copy = copy[size..];
        }
    }

    // Steps over a record that the caller knows to be there.
    public void Step(ref int offset)
    {
        uint lengthField = BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset + RecordFormat.LengthOffset));
        offset += RecordFormat.HeaderBytes + (int)(lengthField & ~RecordFormat.EndsCommit);
    }

    public LogRecord Read(int offset, long position)
    {
        long micros = beganMicros + BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset));
        return RecordFormat.Decode(_bytes, offset, position, LogTime.FromMicros(micros));
    }
}
