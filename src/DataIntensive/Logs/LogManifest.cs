using System.Buffers.Binary;
using DataIntensive.Internal;
using DataIntensive.Storage;

namespace DataIntensive.Logs;

// What the log knows of itself beside its segments: which there must be, and up to where they are proven. One slot of a file with
// two, written in turn and synced, so that one whole slot is there after every crash. A slot (little-endian):
//
//   0  8 bytes magic: "DIMAN", 0, CR, LF
//   8  u16 format major, u16 format minor
//  12  u32 flags: 1 = the log was closed at the mark
//  16  u64 generation: the higher of two whole slots counts
//  24  16 bytes id of the log
//  40  u64 epoch
//  48  u64 number of the first segment, u64 position of its first record
//  64  u64 number of the last segment; one less than that of the first when there is none
//  72  the mark, up to which everything is synced: u64 segment, u64 offset behind its last frame, u64 last position,
//      u32 header checksum of that frame, u32 zero
// 104  u32 CRC-32C over bytes 0..103
// 108  zeros
internal sealed record LogManifest(
    Guid LogId,
    long Generation,
    long Epoch,
    long FirstSegment,
    long FirstPosition,
    long LastSegment,
    long MarkSegment,
    long MarkOffset,
    long MarkPosition,
    uint MarkChecksum,
    bool IsClosed)
{
    public const string FileName = "MANIFEST";
    public const int FileBytes = 2 * SlotBytes;
    private const int SlotBytes = 4096;
    private const int CheckedBytes = 104;
    private const uint ClosedFlag = 1;

    private static ReadOnlySpan<byte> Magic => "DIMAN\0\r\n"u8;

    public static LogManifest New(Guid logId) => new(logId, 0, 0, 1, 1, 0, 0, 0, 0, 0, IsClosed: false);

    public void WriteTo(IStorageFile file)
    {
        byte[] slot = new byte[SlotBytes];
        Magic.CopyTo(slot);
        Span<byte> span = slot;
        BinaryPrimitives.WriteUInt16LittleEndian(span[8..], SegmentHeader.Major);
        BinaryPrimitives.WriteUInt16LittleEndian(span[10..], SegmentHeader.Minor);
        BinaryPrimitives.WriteUInt32LittleEndian(span[12..], IsClosed ? ClosedFlag : 0);
        BinaryPrimitives.WriteInt64LittleEndian(span[16..], Generation);
        LogId.TryWriteBytes(span[24..]);
        BinaryPrimitives.WriteInt64LittleEndian(span[40..], Epoch);
        BinaryPrimitives.WriteInt64LittleEndian(span[48..], FirstSegment);
        BinaryPrimitives.WriteInt64LittleEndian(span[56..], FirstPosition);
        BinaryPrimitives.WriteInt64LittleEndian(span[64..], LastSegment);
        BinaryPrimitives.WriteInt64LittleEndian(span[72..], MarkSegment);
        BinaryPrimitives.WriteInt64LittleEndian(span[80..], MarkOffset);
        BinaryPrimitives.WriteInt64LittleEndian(span[88..], MarkPosition);
        BinaryPrimitives.WriteUInt32LittleEndian(span[96..], MarkChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(span[CheckedBytes..], Crc32C.Compute(span[..CheckedBytes]));
        file.Write(Generation % 2 * SlotBytes, slot);
        file.Flush();
    }

    // Null when no slot is whole. A manifest of a newer format throws.
    public static LogManifest? Read(IStorageFile file)
    {
        LogManifest? newest = null;
        byte[] slot = new byte[SlotBytes];
        for (int i = 0; i < 2; i++)
        {
            if (file.Read(i * SlotBytes, slot) == SlotBytes && Decode(slot) is { } manifest && manifest.Generation > (newest?.Generation ?? -1))
            {
                newest = manifest;
            }
        }

        return newest;
    }

    private static LogManifest? Decode(ReadOnlySpan<byte> slot)
    {
        if (!slot.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(slot[CheckedBytes..]) != Crc32C.Compute(slot[..CheckedBytes])
            || slot[(CheckedBytes + sizeof(uint))..].ContainsAnyExcept((byte)0))
        {
            return null;
        }

        ushort major = BinaryPrimitives.ReadUInt16LittleEndian(slot[8..]);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(slot[12..]);
        if (major != SegmentHeader.Major || (flags & ~ClosedFlag) != 0)
        {
            throw new LogFormatException(
                $"'{FileName}' is of log format {major}.{BinaryPrimitives.ReadUInt16LittleEndian(slot[10..])} with flags {flags:x}; this version reads format {SegmentHeader.Major}.{SegmentHeader.Minor}. Use a newer version of the library.");
        }

        return new LogManifest(
            new Guid(slot.Slice(24, 16)),
            BinaryPrimitives.ReadInt64LittleEndian(slot[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(slot[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(slot[48..]),
            BinaryPrimitives.ReadInt64LittleEndian(slot[56..]),
            BinaryPrimitives.ReadInt64LittleEndian(slot[64..]),
            BinaryPrimitives.ReadInt64LittleEndian(slot[72..]),
            BinaryPrimitives.ReadInt64LittleEndian(slot[80..]),
            BinaryPrimitives.ReadInt64LittleEndian(slot[88..]),
            BinaryPrimitives.ReadUInt32LittleEndian(slot[96..]),
            (flags & ClosedFlag) != 0);
    }
}
