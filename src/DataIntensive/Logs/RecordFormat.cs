using System.Buffers.Binary;
using DataIntensive.Internal;

namespace DataIntensive.Logs;

// One record, as it stands in a frame (little-endian):
//
//   0  u32 CRC-32C, seeded by salt and position, over bytes 4.. to the end of the body
//   4  u32 body length; bit 31: the last record of its commit; bit 30: no record but a jump, in compacted frames only
//   8  u32 tag
//  12  body
internal static class RecordFormat
{
    public const int HeaderBytes = 12;
    public const int LengthOffset = 4;
    public const int TagOffset = 8;
    public const uint EndsCommit = 0x8000_0000;
    public const uint IsJump = 0x4000_0000;
    public const uint NoFlags = ~(EndsCommit | IsJump);
    public const int MaxBodyBytes = int.MaxValue / 2;

    public static int SizeOf(ReadOnlySpan<byte> record) =>
        HeaderBytes + (int)(BinaryPrimitives.ReadUInt32LittleEndian(record[LengthOffset..]) & NoFlags);

    public static uint Checksum(ulong salt, long position, ReadOnlySpan<byte> record)
    {
        uint running = Crc32C.Append(Crc32C.Start, salt ^ (ulong)position);
        return Crc32C.Finish(Crc32C.Append(running, record[LengthOffset..]));
    }

    // The record at the offset, which was checked before.
    public static LogRecord Decode(ReadOnlyMemory<byte> source, int offset, long position, DateTimeOffset time)
    {
        ReadOnlySpan<byte> header = source.Span[offset..];
        uint lengthField = BinaryPrimitives.ReadUInt32LittleEndian(header[LengthOffset..]);
        return new LogRecord(
            new LogPosition(position),
            BinaryPrimitives.ReadUInt32LittleEndian(header[TagOffset..]),
            source.Slice(offset + HeaderBytes, (int)(lengthField & NoFlags)),
            (lengthField & EndsCommit) != 0,
            time);
    }

    // Checks three records at the offset and steps behind them; false, with nothing changed, when one does not fit or is damaged.
    public static bool TryCheckThree(ReadOnlySpan<byte> payload, ulong salt, long position, ref int offset, ref uint runningOfChecksums)
    {
        ReadOnlySpan<byte> rest = payload[offset..];
        if (!TryTake(ref rest, out ReadOnlySpan<byte> first) || !TryTake(ref rest, out ReadOnlySpan<byte> second) || !TryTake(ref rest, out ReadOnlySpan<byte> third))
        {
            return false;
        }

        ChecksumsOfThree(first, second, third, salt, position, out uint a, out uint b, out uint c);
        if (a != BinaryPrimitives.ReadUInt32LittleEndian(first)
            || b != BinaryPrimitives.ReadUInt32LittleEndian(second)
            || c != BinaryPrimitives.ReadUInt32LittleEndian(third))
        {
            return false;
        }

        runningOfChecksums = Crc32C.Append(runningOfChecksums, first[..sizeof(uint)]);
        runningOfChecksums = Crc32C.Append(runningOfChecksums, second[..sizeof(uint)]);
        runningOfChecksums = Crc32C.Append(runningOfChecksums, third[..sizeof(uint)]);
        offset += first.Length + second.Length + third.Length;
        return true;
    }

    // Gives the records of a frame their checksums and marks the last of each commit; returns the checksum over those.
    public static uint Seal(Span<byte> records, ReadOnlySpan<int> commitEnds, ulong salt, long position)
    {
        uint running = Crc32C.Start;
        int start = 0;
        while (start < records.Length)
        {
            int second = EndOf(records, start, ref commitEnds);
            int third = EndOf(records, second, ref commitEnds);
            int end = EndOf(records, third, ref commitEnds);
            if (end > third)
            {
                SealThree(records[start..second], records[second..third], records[third..end], salt, position, ref running);
                position += 3;
            }
            else
            {
                SealOne(records[start..second], salt, ref position, ref running);
                SealOne(records[second..third], salt, ref position, ref running);
            }

            start = end;
        }

        return Crc32C.Finish(running);
    }

    // Where the record ends, which is marked when a commit ends there; the start itself behind the last record.
    private static int EndOf(Span<byte> records, int start, ref ReadOnlySpan<int> commitEnds)
    {
        if (start == records.Length)
        {
            return start;
        }

        Span<byte> length = records[(start + LengthOffset)..];
        uint lengthField = BinaryPrimitives.ReadUInt32LittleEndian(length);
        int end = start + HeaderBytes + (int)lengthField;
        if (end == commitEnds[0])
        {
            BinaryPrimitives.WriteUInt32LittleEndian(length, lengthField | EndsCommit);
            commitEnds = commitEnds[1..];
        }

        return end;
    }

    private static void SealOne(Span<byte> record, ulong salt, ref long position, ref uint running)
    {
        if (record.Length > 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(record, Checksum(salt, position++, record));
            running = Crc32C.Append(running, record[..sizeof(uint)]);
        }
    }

    private static void SealThree(Span<byte> first, Span<byte> second, Span<byte> third, ulong salt, long position, ref uint running)
    {
        ChecksumsOfThree(first, second, third, salt, position, out uint a, out uint b, out uint c);
        BinaryPrimitives.WriteUInt32LittleEndian(first, a);
        BinaryPrimitives.WriteUInt32LittleEndian(second, b);
        BinaryPrimitives.WriteUInt32LittleEndian(third, c);
        running = Crc32C.Append(running, first[..sizeof(uint)]);
        running = Crc32C.Append(running, second[..sizeof(uint)]);
        running = Crc32C.Append(running, third[..sizeof(uint)]);
    }

    private static void ChecksumsOfThree(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, ulong salt, long position, out uint a, out uint b, out uint c)
    {
        a = Crc32C.Append(Crc32C.Start, salt ^ (ulong)position);
        b = Crc32C.Append(Crc32C.Start, salt ^ (ulong)(position + 1));
        c = Crc32C.Append(Crc32C.Start, salt ^ (ulong)(position + 2));
        Crc32C.Append(ref a, first[LengthOffset..], ref b, second[LengthOffset..], ref c, third[LengthOffset..]);
        a = Crc32C.Finish(a);
        b = Crc32C.Finish(b);
        c = Crc32C.Finish(c);
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> record)
    {
        record = default;
        if (rest.Length < HeaderBytes)
        {
            return false;
        }

        uint bodyBytes = BinaryPrimitives.ReadUInt32LittleEndian(rest[LengthOffset..]) & ~EndsCommit;
        if (bodyBytes > (uint)(rest.Length - HeaderBytes))
        {
            return false;
        }

        record = rest[..(HeaderBytes + (int)bodyBytes)];
        rest = rest[record.Length..];
        return true;
    }
}
