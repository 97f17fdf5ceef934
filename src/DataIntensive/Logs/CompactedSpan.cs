using System.Buffers.Binary;

namespace DataIntensive.Logs;

// What the header of a compacted segment tells beside the usual. It is written last, when all that it speaks of is synced, so a whole
// header proves a whole file (little-endian, from the start of this part):
//
//   0  u64 number of the last segment that this one stands for
//   8  u64 last position that it covers
//  16  u32 header checksum of the last frame that stood there first: the next segment refers to it
//  20  u32 header checksum of the last frame in this file
internal readonly record struct CompactedSpan(long LastNumber, long LastPosition, uint FormerChecksum, uint LastChecksum)
{
    public const int Bytes = 24;

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt64LittleEndian(destination, LastNumber);
        BinaryPrimitives.WriteInt64LittleEndian(destination[8..], LastPosition);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[16..], FormerChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[20..], LastChecksum);
    }

    public static CompactedSpan Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadInt64LittleEndian(source),
        BinaryPrimitives.ReadInt64LittleEndian(source[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[16..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[20..]));
}
