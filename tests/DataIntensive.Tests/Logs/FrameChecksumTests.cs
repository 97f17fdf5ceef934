using System.Buffers.Binary;
using DataIntensive.Logs;

namespace DataIntensive.Tests.Logs;

/// <summary>Records are given their checksums, and checked, three at a time: the result is that of one after the other.</summary>
public sealed class FrameChecksumTests
{
    private const ulong Salt = 0x1234_5678_9ABC_DEF0;
    private const long FirstPosition = 41;
    private const long Offset = 4096;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(11)]
    public void Seal_GivesEachRecordItsOwnChecksumAndMarksTheEndsOfCommits(int records)
    {
        byte[] frame = Sealed(records, out FrameHeader header, out List<bool> ends);

        int at = FrameFormat.HeaderBytes;
        for (int record = 0; record < records; record++)
        {
            uint lengthField = BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(at + RecordFormat.LengthOffset));
            int size = RecordFormat.HeaderBytes + (int)(lengthField & ~RecordFormat.EndsCommit);
            ((lengthField & RecordFormat.EndsCommit) != 0).Should().Be(ends[record]);
            BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(at)).Should().Be(RecordFormat.Checksum(Salt, FirstPosition + record, frame.AsSpan(at, size)));
            at += size;
        }

        at.Should().Be(FrameFormat.HeaderBytes + header.PayloadBytes);
        FrameFormat.FindDamage(frame, header, Salt).Should().BeNull();
    }

    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    public void FindDamage_OfAnyBitBehindTheHeader_FindsIt(int records)
    {
        byte[] frame = Sealed(records, out FrameHeader header, out _);
        for (int bit = FrameFormat.HeaderBytes * 8; bit < frame.Length * 8; bit++)
        {
            frame[bit / 8] ^= (byte)(1 << (bit % 8));
            (int Offset, string Expected, string Found)? damage = FrameFormat.FindDamage(frame, header, Salt);
            frame[bit / 8] ^= (byte)(1 << (bit % 8));

            if (damage is not { } found)
            {
                Assert.Fail($"Bit {bit} was flipped and not found.");
            }
            else if (bit / 8 < FrameFormat.HeaderBytes + header.PayloadBytes && found.Offset > bit / 8)
            {
                Assert.Fail($"Bit {bit} was flipped, and damage found behind it, at {found.Offset}.");
            }
        }
    }

    private static byte[] Sealed(int records, out FrameHeader header, out List<bool> ends)
    {
        FrameBuffer buffer = new();
        ends = [];
        for (int record = 0; record < records;)
        {
            // Commits of one, two, three and four records.
            int ofCommit = Math.Min(records - record, 1 + (ends.Count(end => end) % 4));
            LogBatch batch = new();
            for (int i = 0; i < ofCommit; i++)
            {
                batch.Add((uint)record, Enumerable.Repeat((byte)record, (record * 37 % 60) + (record == 4 ? 250 : 0)).ToArray());
                ends.Add(i == ofCommit - 1);
            }

            buffer.Add(batch, Durability.Disk, new Ignored(), FirstPosition + record);
            record += ofCommit;
        }

        return buffer.Seal(Salt, Offset, durable: 40, timeMicros: 1, previousChecksum: 2, fileBytes: 65536, out header).ToArray();
    }

    private sealed class Ignored : ILogCompletion
    {
        public void Complete(LogPosition position, Exception? failure)
        {
        }
    }
}
