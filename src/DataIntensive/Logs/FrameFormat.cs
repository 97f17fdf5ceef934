using System.Buffers.Binary;
using DataIntensive.Internal;

namespace DataIntensive.Logs;

// One frame: the commits that one write and one fsync cover (little-endian). It begins at a multiple of 512 bytes, so that no
// sector holds two frames, and what befalls one sector befalls one frame:
//
//   0  u32 marker ^ low half of the segment's salt: stale bytes of another file are no frame
//   4  u32 CRC-32C over salt, file offset and bytes 8..63: checked before any length is believed
//   8  u32 payload bytes
//  12  u32 records; in a compacted frame records and jumps
//  16  u64 first position
//  24  u64 durable position known when the frame was built: tells torn from damaged
//  32  i64 time in µs since 1970, never going back
//  40  u32 CRC-32C over the checksums of the records
//  44  u32 header checksum of the frame before (0 before the first): a dropped or swapped frame shows
//  48  u32 flags: 1 = compacted (CompactedFrame)
//  52  u32 commits
//  56  u64 length that the file had been given when the frame was built: a shorter file was cut; in a compacted frame the last
//      position that it covers
//  64  payload: records (RecordFormat)
//   …  zeros
//   …  u32 bytes of the whole frame, u32 header checksum: the way back
internal readonly record struct FrameHeader(
    int PayloadBytes,
    int Records,
    long FirstPosition,
    long Durable,
    long TimeMicros,
    uint RecordsChecksum,
    uint PreviousChecksum,
    uint Flags,
    int Commits,
    long FileBytes,
    uint Checksum)
{
    public int FrameBytes => FrameFormat.SizeOf(PayloadBytes);

    public bool IsCompacted => (Flags & FrameFormat.Compacted) != 0;

    public long LastPosition => IsCompacted ? FileBytes : FirstPosition + Records - 1;
}

internal static class FrameFormat
{
    public const int HeaderBytes = 64;
    public const int TrailerBytes = 8;
    public const int Alignment = 512;
    public const uint Compacted = 1;
    public const uint KnownFlags = Compacted;
    private const uint Marker = 0x464C_4944;

    public static int SizeOf(int payloadBytes) => (int)AlignUp((long)HeaderBytes + payloadBytes + TrailerBytes);

    public static void Write(Span<byte> frame, in FrameHeader header, ulong salt, long fileOffset, out uint checksum)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Marker ^ (uint)salt);
        BinaryPrimitives.WriteInt32LittleEndian(frame[8..], header.PayloadBytes);
        BinaryPrimitives.WriteInt32LittleEndian(frame[12..], header.Records);
        BinaryPrimitives.WriteInt64LittleEndian(frame[16..], header.FirstPosition);
        BinaryPrimitives.WriteInt64LittleEndian(frame[24..], header.Durable);
        BinaryPrimitives.WriteInt64LittleEndian(frame[32..], header.TimeMicros);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[40..], header.RecordsChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[44..], header.PreviousChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[48..], header.Flags);
        BinaryPrimitives.WriteInt32LittleEndian(frame[52..], header.Commits);
        BinaryPrimitives.WriteInt64LittleEndian(frame[56..], header.FileBytes);
        checksum = HeaderChecksum(frame, salt, fileOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], checksum);

        int size = SizeOf(header.PayloadBytes);
        int payloadEnd = HeaderBytes + header.PayloadBytes;
        frame[payloadEnd..(size - TrailerBytes)].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(frame[(size - TrailerBytes)..], size);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[(size - sizeof(uint))..], checksum);
    }

    // True when the 64 bytes are a header that was written for this very place.
    public static bool TryReadHeader(ReadOnlySpan<byte> frame, ulong salt, long fileOffset, out FrameHeader header)
    {
        header = default;
        if (frame.Length < HeaderBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(frame) != (Marker ^ (uint)salt)
            || BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]) != HeaderChecksum(frame, salt, fileOffset))
        {
            return false;
        }

        header = new FrameHeader(
            BinaryPrimitives.ReadInt32LittleEndian(frame[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(frame[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(frame[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(frame[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(frame[32..]),
            BinaryPrimitives.ReadUInt32LittleEndian(frame[40..]),
            BinaryPrimitives.ReadUInt32LittleEndian(frame[44..]),
            BinaryPrimitives.ReadUInt32LittleEndian(frame[48..]),
            BinaryPrimitives.ReadInt32LittleEndian(frame[52..]),
            BinaryPrimitives.ReadInt64LittleEndian(frame[56..]),
            BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]));
        return true;
    }

    // Checks everything behind the header: record checksums, padding, trailer. Null when it is whole, else what is wrong.
    public static (int Offset, string Expected, string Found)? FindDamage(ReadOnlySpan<byte> frame, in FrameHeader header, ulong salt)
    {
        uint running = Crc32C.Start;
        int offset = HeaderBytes;
        int payloadEnd = HeaderBytes + header.PayloadBytes;
        long position = header.FirstPosition;
        int record = 0;
        while (!header.IsCompacted && header.Records - record >= 3 && RecordFormat.TryCheckThree(frame[..payloadEnd], salt, position, ref offset, ref running))
        {
            record += 3;
            position += 3;
        }

        // The last ones, and the three among which one is damaged or of another length: one by one, to say which.
        for (; record < header.Records; record++)
        {
            if (payloadEnd - offset < RecordFormat.HeaderBytes)
            {
                return (offset, "a record", "the end of the frame");
            }

            uint lengthField = BinaryPrimitives.ReadUInt32LittleEndian(frame[(offset + RecordFormat.LengthOffset)..]);
            bool isJump = header.IsCompacted && (lengthField & RecordFormat.IsJump) != 0;
            uint bodyBytes = lengthField & ~(isJump ? RecordFormat.IsJump : RecordFormat.EndsCommit);
            if (bodyBytes > (uint)(payloadEnd - offset - RecordFormat.HeaderBytes))
            {
                return (offset, "a record within its frame", $"a length of {bodyBytes} bytes");
            }

            int size = RecordFormat.HeaderBytes + (int)bodyBytes;
            uint stored = BinaryPrimitives.ReadUInt32LittleEndian(frame[offset..]);
            uint computed = RecordFormat.Checksum(salt, position, frame.Slice(offset, size));
            if (stored != computed)
            {
                return (offset, $"record checksum {stored:x8}", $"{computed:x8}");
            }

            LogJump jump = default;
            if (isJump && !LogJump.TryRead(frame.Slice(offset, size), position, header.LastPosition, out jump))
            {
                return (offset, "a jump forward within the frame", "another one");
            }

            position = isJump ? jump.Position : position + 1;
            running = Crc32C.Append(running, frame.Slice(offset, sizeof(uint)));
            offset += size;
        }

        if (position - 1 > header.LastPosition)
        {
            return (56, $"the last position at or behind {position - 1}", $"{header.LastPosition}");
        }

        if (offset != payloadEnd)
        {
            return (offset, "the end of the records", $"{payloadEnd - offset} more bytes");
        }

        uint checksum = Crc32C.Finish(running);
        if (checksum != header.RecordsChecksum)
        {
            return (40, $"checksum of records {header.RecordsChecksum:x8}", $"{checksum:x8}");
        }

        int trailer = header.FrameBytes - TrailerBytes;
        if (frame[payloadEnd..trailer].ContainsAnyExcept((byte)0))
        {
            return (payloadEnd, "zeros", "other bytes");
        }

        if (BinaryPrimitives.ReadInt32LittleEndian(frame[trailer..]) != header.FrameBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(frame[(trailer + sizeof(int))..]) != header.Checksum)
        {
            return (trailer, "the frame's trailer", "other bytes");
        }

        return null;
    }

    private static uint HeaderChecksum(ReadOnlySpan<byte> frame, ulong salt, long fileOffset)
    {
        uint running = Crc32C.Append(Crc32C.Append(Crc32C.Start, salt), (ulong)fileOffset);
        return Crc32C.Finish(Crc32C.Append(running, frame[8..HeaderBytes]));
    }

    // The next place where a frame may begin.
    public static long AlignUp(long offset) => (offset + (Alignment - 1)) & ~(Alignment - 1L);
}
