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

    public static uint Checksum(ulong salt, long position, ReadOnlySpan<byte> record)
    {
        uint running = Crc32C.Append(Crc32C.Start, salt ^ (ulong)position);
        return Crc32C.Finish(Crc32C.Append(running, record[LengthOffset..]));
    }

    // Gives the records of one commit their checksums and marks the last; returns the running checksum over those.
    public static uint Seal(Span<byte> records, ulong salt, ref long position, uint runningOfChecksums)
    {
        while (records.Length > 0)
        {
            uint lengthField = BinaryPrimitives.ReadUInt32LittleEndian(records[LengthOffset..]);
            int size = HeaderBytes + (int)lengthField;
            if (size == records.Length)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(records[LengthOffset..], lengthField | EndsCommit);
            }

            uint checksum = Checksum(salt, position++, records[..size]);
            BinaryPrimitives.WriteUInt32LittleEndian(records, checksum);
            runningOfChecksums = Crc32C.Append(runningOfChecksums, records[..sizeof(uint)]);
            records = records[size..];
        }

        return runningOfChecksums;
    }
}
