using DataIntensive.Internal;

namespace DataIntensive.Tests.Internal;

public sealed class Crc32CTests
{
    // RFC 3720, appendix B.4, and the usual check value.
    public static TheoryData<string, byte[], uint> PublishedVectors => new()
    {
        { "32 zeros", new byte[32], 0x8A9136AA },
        { "32 ones", [.. Enumerable.Repeat((byte)0xFF, 32)], 0x62A8AB43 },
        { "0 to 31", [.. Enumerable.Range(0, 32).Select(value => (byte)value)], 0x46DD794E },
        { "31 to 0", [.. Enumerable.Range(0, 32).Select(value => (byte)(31 - value))], 0x113FDB5C },
        { "a command", Convert.FromHexString("01C000000000000000000000000000001400000000000400000000140000001828000000000000000200000000000000"), 0xD9963A56 },
        { "digits", "123456789"u8.ToArray(), 0xE3069283 },
        { "nothing", [], 0 },
    };

    [Theory]
    [MemberData(nameof(PublishedVectors))]
    public void Compute_OnPublishedVectors_GivesTheirChecksum(string name, byte[] data, uint expected) =>
        Crc32C.Compute(data).Should().Be(expected, name);

    [Fact]
    public void Compute_OnEveryLengthAndAlignment_EqualsTheDefinition()
    {
        const int longest = 5000;
        const int alignments = 8;
        byte[] data = RandomBytes(longest + alignments);
        for (int alignment = 0; alignment < alignments; alignment++)
        {
            uint running = uint.MaxValue;
            for (int length = 0; length <= longest; length++)
            {
                uint computed = Crc32C.Compute(data.AsSpan(alignment, length));
                if (computed != ~running)
                {
                    Assert.Fail($"{length} bytes at alignment {alignment}: expected {~running:x8}, found {computed:x8}");
                }

                running = StepByDefinition(running, data[alignment + length]);
            }
        }
    }

    [Theory]
    [InlineData(6143)]
    [InlineData(6144)]
    [InlineData(6145)]
    [InlineData(70_001)]
    [InlineData(1 << 20)]
    public void Compute_OnLongData_EqualsTheDefinition(int length)
    {
        byte[] data = RandomBytes(length);

        Crc32C.Compute(data).Should().Be(~data.Aggregate(uint.MaxValue, StepByDefinition));
    }

    [Fact]
    public void Append_InTwoPiecesCutAnywhere_EqualsTheWhole()
    {
        byte[] data = RandomBytes(3000);
        uint whole = Crc32C.Compute(data);
        for (int cut = 0; cut <= data.Length; cut++)
        {
            uint running = Crc32C.Append(Crc32C.Append(Crc32C.Start, data.AsSpan(0, cut)), data.AsSpan(cut));
            if (Crc32C.Finish(running) != whole)
            {
                Assert.Fail($"cut at {cut}: expected {whole:x8}, found {Crc32C.Finish(running):x8}");
            }
        }
    }

    [Fact]
    public void Append_InManyPieces_EqualsTheWhole()
    {
        byte[] data = RandomBytes(200_000);
        Random random = new(2);
        uint running = Crc32C.Start;
        for (int done = 0, piece; done < data.Length; done += piece)
        {
            piece = Math.Min(random.Next(900), data.Length - done);
            running = Crc32C.Append(running, data.AsSpan(done, piece));
        }

        Crc32C.Finish(running).Should().Be(Crc32C.Compute(data));
    }

    [Fact]
    public void Append_OfANumber_EqualsItsBytesInLittleEndianOrder() =>
        Crc32C.Append(Crc32C.Start, 0x0807_0605_0403_0201).Should().Be(Crc32C.Append(Crc32C.Start, [1, 2, 3, 4, 5, 6, 7, 8]));

    [Fact]
    public void Append_OfThreeAtOnce_EqualsEachAlone()
    {
        byte[] data = RandomBytes(2_000);
        Random random = new(3);
        for (int round = 0; round < 2_000; round++)
        {
            ReadOnlySpan<byte> first = data.AsSpan(random.Next(100), random.Next(round < 1_000 ? 40 : 900));
            ReadOnlySpan<byte> second = data.AsSpan(random.Next(100), random.Next(round < 1_000 ? 40 : 900));
            ReadOnlySpan<byte> third = data.AsSpan(random.Next(100), random.Next(round < 1_000 ? 40 : 900));
            (uint a, uint b, uint c) = (1, 2, Crc32C.Start);

            Crc32C.Append(ref a, first, ref b, second, ref c, third);

            (a, b, c).Should().Be((Crc32C.Append(1, first), Crc32C.Append(2, second), Crc32C.Append(Crc32C.Start, third)));
        }
    }

    private static byte[] RandomBytes(int length)
    {
        byte[] data = new byte[length];
        new Random(1).NextBytes(data);
        return data;
    }

    // One bit at a time, by the reflected polynomial.
    private static uint StepByDefinition(uint running, byte next)
    {
        running ^= next;
        for (int bit = 0; bit < 8; bit++)
        {
            running = (running >> 1) ^ ((running & 1) * 0x82F6_3B78);
        }

        return running;
    }
}
