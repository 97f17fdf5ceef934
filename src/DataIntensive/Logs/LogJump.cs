using System.Buffers.Binary;

namespace DataIntensive.Logs;

// Stands between the records of a compacted frame, as a record of its own kind: the record behind it has this position and this time.
// What lies between the record before and that position was removed (little-endian, from its start):
//
//   0  a record's header, with RecordFormat.IsJump in the length and tag 0
//  12  u64 position, i64 time in µs since 1970
internal readonly record struct LogJump(long Position, long TimeMicros)
{
    public const int Bytes = RecordFormat.HeaderBytes + BodyBytes;
    private const int BodyBytes = 16;
    private const int PositionOffset = RecordFormat.HeaderBytes;
    private const int TimeOffset = PositionOffset + sizeof(long);

    // Without the checksum.
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination[RecordFormat.LengthOffset..], BodyBytes | RecordFormat.IsJump);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[RecordFormat.TagOffset..], 0);
        BinaryPrimitives.WriteInt64LittleEndian(destination[PositionOffset..], Position);
        BinaryPrimitives.WriteInt64LittleEndian(destination[TimeOffset..], TimeMicros);
    }

    // False when it goes back or beyond the last position that its frame covers.
    public static bool TryRead(ReadOnlySpan<byte> source, long next, long last, out LogJump jump)
    {
        jump = default;
        if (source.Length != Bytes)
        {
            return false;
        }

        jump = new LogJump(
            BinaryPrimitives.ReadInt64LittleEndian(source[PositionOffset..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[TimeOffset..]));
        return jump.Position >= next && jump.Position <= last;
    }
}
