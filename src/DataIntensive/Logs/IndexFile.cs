using System.Buffers.Binary;
using DataIntensive.Internal;
using DataIntensive.Storage;

namespace DataIntensive.Logs;

// The index of a sealed segment beside it, so that opening and seeking need not read the segment. It can always be made anew from the
// segment: it is not synced, and one that does not fit is passed over (little-endian):
//
//   0  8 bytes magic: "DIIDX", 0, CR, LF
//   8  u16 format major, u16 format minor
//  12  u32 flags, none yet
//  16  u64 salt of the segment: says which file this belongs to
//  24  u64 offset behind the segment's last frame
//  32  u64 last position
//  40  i64 newest time in the segment, µs since 1970: of its last frame, in a compacted one of that frame's last record
//  48  u32 header checksum of the last frame
//  52  u32 number of entries
//  56  u32 CRC-32C over the entries
//  60  u32 CRC-32C over bytes 0..59
//  64  entries: u64 first position of a frame, u64 its offset, i64 its time
internal readonly record struct IndexFile(ulong Salt, long End, long LastPosition, long LastTimeMicros, uint LastChecksum, int Entries)
{
    private const int HeaderBytes = 64;
    private const int EntryBytes = 24;
    private const int FewestEntries = 4;

    private static ReadOnlySpan<byte> Magic => "DIIDX\0\r\n"u8;

    // A failure leaves the segment without an index, which costs time and nothing else.
    public static void TryWrite(IStorage storage, LogSegment segment, long lastPosition, long lastTimeMicros, uint lastChecksum)
    {
        SegmentIndexEntry[] entries = segment.Index.ToArray();
        if (entries.Length < FewestEntries)
        {
            // Reading so small a segment is as quick.
            return;
        }

        try
        {
            storage.Delete(segment.IndexName);
            using IStorageFile file = storage.Open(segment.IndexName, StorageOpenMode.CreateNew);
            file.Write(0, Encode(new IndexFile(segment.Header.Salt, segment.End, lastPosition, lastTimeMicros, lastChecksum, entries.Length), entries));
        }
        catch (IOException)
        {
        }
    }

    // Null when there is none that fits the segment's header and the file's length.
    public static IndexFile? TryReadHeader(IStorage storage, LogSegment segment, long fileLength)
    {
        byte[] bytes = new byte[HeaderBytes];
        return TryRead(storage, segment.IndexName, bytes) == HeaderBytes
            && Decode(bytes) is { } header
            && header.Salt == segment.Header.Salt
            && header.End == fileLength
            ? header
            : null;
    }

    public static SegmentIndex? TryReadEntries(IStorage storage, LogSegment segment)
    {
        if (TryReadHeader(storage, segment, segment.End) is not { } header)
        {
            return null;
        }

        byte[] bytes = new byte[HeaderBytes + (header.Entries * EntryBytes)];
        if (TryRead(storage, segment.IndexName, bytes) != bytes.Length || !EntriesAreWhole(bytes))
        {
            return null;
        }

        SegmentIndexEntry[] entries = new SegmentIndexEntry[header.Entries];
        for (int i = 0; i < entries.Length; i++)
        {
            ReadOnlySpan<byte> entry = bytes.AsSpan(HeaderBytes + (i * EntryBytes));
            entries[i] = new SegmentIndexEntry(
                BinaryPrimitives.ReadInt64LittleEndian(entry),
                BinaryPrimitives.ReadInt64LittleEndian(entry[8..]),
                BinaryPrimitives.ReadInt64LittleEndian(entry[16..]));
        }

        return new SegmentIndex(entries);
    }

    private static int TryRead(IStorage storage, string name, Span<byte> destination)
    {
        try
        {
            using IStorageFile file = storage.Open(name, StorageOpenMode.Read);
            return file.Read(0, destination);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static byte[] Encode(in IndexFile header, SegmentIndexEntry[] entries)
    {
        byte[] bytes = new byte[HeaderBytes + (entries.Length * EntryBytes)];
        Span<byte> rest = bytes.AsSpan(HeaderBytes);
        foreach (SegmentIndexEntry entry in entries)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, entry.FirstPosition);
            BinaryPrimitives.WriteInt64LittleEndian(rest[8..], entry.Offset);
            BinaryPrimitives.WriteInt64LittleEndian(rest[16..], entry.TimeMicros);
            rest = rest[EntryBytes..];
        }

        Span<byte> start = bytes;
        Magic.CopyTo(start);
        BinaryPrimitives.WriteUInt16LittleEndian(start[8..], SegmentHeader.Major);
        BinaryPrimitives.WriteUInt16LittleEndian(start[10..], SegmentHeader.Minor);
        BinaryPrimitives.WriteUInt64LittleEndian(start[16..], header.Salt);
        BinaryPrimitives.WriteInt64LittleEndian(start[24..], header.End);
        BinaryPrimitives.WriteInt64LittleEndian(start[32..], header.LastPosition);
        BinaryPrimitives.WriteInt64LittleEndian(start[40..], header.LastTimeMicros);
        BinaryPrimitives.WriteUInt32LittleEndian(start[48..], header.LastChecksum);
        BinaryPrimitives.WriteInt32LittleEndian(start[52..], entries.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(start[56..], Crc32C.Compute(start[HeaderBytes..]));
        BinaryPrimitives.WriteUInt32LittleEndian(start[60..], Crc32C.Compute(start[..60]));
        return bytes;
    }

    private static IndexFile? Decode(ReadOnlySpan<byte> start) =>
        start.StartsWith(Magic)
        && BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) == SegmentHeader.Major
        && BinaryPrimitives.ReadUInt32LittleEndian(start[12..]) == 0
        && BinaryPrimitives.ReadUInt32LittleEndian(start[60..]) == Crc32C.Compute(start[..60])
            ? new IndexFile(
                BinaryPrimitives.ReadUInt64LittleEndian(start[16..]),
                BinaryPrimitives.ReadInt64LittleEndian(start[24..]),
                BinaryPrimitives.ReadInt64LittleEndian(start[32..]),
                BinaryPrimitives.ReadInt64LittleEndian(start[40..]),
                BinaryPrimitives.ReadUInt32LittleEndian(start[48..]),
                BinaryPrimitives.ReadInt32LittleEndian(start[52..]))
            : null;

    private static bool EntriesAreWhole(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[56..]) == Crc32C.Compute(bytes[HeaderBytes..]);
}
