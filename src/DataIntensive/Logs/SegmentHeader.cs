using System.Buffers.Binary;
using DataIntensive.Internal;

namespace DataIntensive.Logs;

// The first 4,096 bytes of a segment file (little-endian):
//
//   0  8 bytes magic: "DILOG", 0, CR, LF
//   8  u16 format major, u16 format minor
//  12  u32 flags that a reader must know, u32 flags that it may ignore
//  20  u32 bytes of this header (4,096)
//  24  16 bytes id of the log
//  40  u64 number of the segment, 1-based
//  48  u64 position of its first record
//  56  u64 epoch: one more at every open that writes
//  64  u64 salt, random: seeds the checksums of this file
//  72  i64 created, µs since 1970
//  80  u32 header checksum of the last frame of the segment before
//  84  u32 generation: 0 as appended, else how often it was compacted
//  88  u64 length that the file was given at first: a shorter one was cut
//  96  what a compacted segment knows of itself, zeros in others (CompactedSpan)
// 120  u32 CRC-32C over bytes 0..119
// 124  zeros
internal readonly record struct SegmentHeader(
    Guid LogId,
    long Number,
    long FirstPosition,
    long Epoch,
    ulong Salt,
    long CreatedMicros,
    uint PreviousChecksum,
    long FileBytes,
    int Generation = 0,
    CompactedSpan Compacted = default)
{
    public const int Bytes = 4096;
    public const ushort Major = 1;
    public const ushort Minor = 0;
    private const int CompactedOffset = 96;
    private const int CheckedBytes = CompactedOffset + CompactedSpan.Bytes;
    private const int UsedBytes = CheckedBytes + sizeof(uint);

    // The number of the segment that comes next in the log is one more.
    public long LastNumber => Generation == 0 ? Number : Compacted.LastNumber;

    private static ReadOnlySpan<byte> Magic => "DILOG\0\r\n"u8;

    public void Write(Span<byte> destination)
    {
        destination[..Bytes].Clear();
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[8..], Major);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[10..], Minor);
        BinaryPrimitives.WriteInt32LittleEndian(destination[20..], Bytes);
        LogId.TryWriteBytes(destination[24..]);
        BinaryPrimitives.WriteInt64LittleEndian(destination[40..], Number);
        BinaryPrimitives.WriteInt64LittleEndian(destination[48..], FirstPosition);
        BinaryPrimitives.WriteInt64LittleEndian(destination[56..], Epoch);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[64..], Salt);
        BinaryPrimitives.WriteInt64LittleEndian(destination[72..], CreatedMicros);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[80..], PreviousChecksum);
        BinaryPrimitives.WriteInt32LittleEndian(destination[84..], Generation);
        BinaryPrimitives.WriteInt64LittleEndian(destination[88..], FileBytes);
        Compacted.Write(destination[CompactedOffset..]);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[CheckedBytes..], Crc32C.Compute(destination[..CheckedBytes]));
    }

    // Null and a description of what is wrong when these bytes are no header. A header of a newer format throws.
    public static SegmentHeader? Read(ReadOnlySpan<byte> source, string file, out (int Offset, string Expected, string Found) damage)
    {
        damage = default;
        if (source.Length < Bytes)
        {
            damage = (source.Length, $"a segment header of {Bytes} bytes", $"the end of the file after {source.Length}");
            return null;
        }

        if (!source.StartsWith(Magic))
        {
            damage = (0, "the magic of a log segment", "other bytes");
            return null;
        }

        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(source[CheckedBytes..]);
        uint computed = Crc32C.Compute(source[..CheckedBytes]);
        ushort major = BinaryPrimitives.ReadUInt16LittleEndian(source[8..]);
        uint mustKnow = BinaryPrimitives.ReadUInt32LittleEndian(source[12..]);
        if (stored != computed)
        {
            damage = (CheckedBytes, $"header checksum {stored:x8}", $"{computed:x8}");
            return null;
        }

        if (major != Major || mustKnow != 0)
        {
            ushort minor = BinaryPrimitives.ReadUInt16LittleEndian(source[10..]);
            throw new LogFormatException(
                $"'{file}' is of log format {major}.{minor} with required features {mustKnow:x}; this version reads format {Major}.{Minor} with none. Use a newer version of the library.");
        }

        if (source[UsedBytes..Bytes].ContainsAnyExcept((byte)0))
        {
            damage = (UsedBytes, "zeros", "other bytes");
            return null;
        }

        return new SegmentHeader(
            new Guid(source.Slice(24, 16)),
            BinaryPrimitives.ReadInt64LittleEndian(source[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[48..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[56..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[64..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[72..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[80..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[88..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[84..]),
            CompactedSpan.Read(source[CompactedOffset..]));
    }
}
