using System.Buffers.Binary;
using System.Globalization;

namespace DataIntensive.Tests.Logs;

/// <summary>
/// Reads a log by docs/log-format.md alone: its own checksum, its own offsets, nothing of the library. What it reads must be what the
/// library reads, or the document is wrong.
/// </summary>
internal sealed class DocumentedLog
{
    private readonly string _folder;
    private long _next;
    private long _newestTime;
    private uint _previousChecksum;

    private DocumentedLog(string folder) => _folder = folder;

    public List<string> Lines { get; } = [];

    public int Jumps { get; private set; }

    public int IndexEntries { get; private set; }

    public static DocumentedLog Read(string folder)
    {
        DocumentedLog log = new(folder);
        (long first, long firstPosition, long last) = log.ReadManifest();
        log._next = firstPosition;
        for (long number = first; number <= last;)
        {
            number = log.ReadSegment(number);
        }

        return log;
    }

    private (long First, long FirstPosition, long Last) ReadManifest()
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(_folder, "MANIFEST"));
        bytes.Length.Should().Be(8192);
        byte[]? newest = null;
        foreach (byte[] slot in new[] { bytes[..4096], bytes[4096..] })
        {
            if (slot.AsSpan().StartsWith("DIMAN\0\r\n"u8) && U32(slot, 104) == Crc(slot.AsSpan(0, 104)) && (newest is null || U64(slot, 16) > U64(newest, 16)))
            {
                newest = slot;
            }
        }

        newest.Should().NotBeNull();
        newest![108..].Should().OnlyContain(zero => zero == 0);
        return (U64(newest, 48), U64(newest, 56), U64(newest, 64));
    }

    // Returns the number of the next segment.
    private long ReadSegment(long number)
    {
        string digits = number.ToString("D20", CultureInfo.InvariantCulture);
        string file = Directory.GetFiles(_folder, $"{digits}*.seg").OrderByDescending(name => name.Length).ThenByDescending(name => name, StringComparer.Ordinal).First();
        byte[] bytes = File.ReadAllBytes(file);
        bytes.AsSpan(0, 8).SequenceEqual("DILOG\0\r\n"u8).Should().BeTrue();
        BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8)).Should().Be(1);
        U32(bytes, 20).Should().Be(4096);
        U64(bytes, 40).Should().Be(number);
        U64(bytes, 48).Should().Be(_next);
        U32(bytes, 120).Should().Be(Crc(bytes.AsSpan(0, 120)));
        uint generation = U32(bytes, 84);
        ulong salt = (ulong)U64(bytes, 56 + 8);
        if (Lines.Count > 0)
        {
            U32(bytes, 80).Should().Be(_previousChecksum);
        }

        _previousChecksum = U32(bytes, 80);
        int offset = 4096;
        while (offset < bytes.Length && bytes.AsSpan(offset).ContainsAnyExcept((byte)0) && TryReadFrame(bytes, offset, salt, out int size))
        {
            offset += size;
        }

        ReadIndex(Path.ChangeExtension(file, ".idx"), salt);
        if (generation == 0)
        {
            return number + 1;
        }

        U64(bytes, 104).Should().Be(_next - 1);
        U32(bytes, 116).Should().Be(_previousChecksum);
        _previousChecksum = U32(bytes, 112);
        return U64(bytes, 96) + 1;
    }

    private bool TryReadFrame(byte[] file, int offset, ulong salt, out int size)
    {
        ReadOnlySpan<byte> frame = file.AsSpan(offset);
        size = 0;
        if (U32(frame, 0) != (0x464C4944 ^ (uint)salt) || U32(frame, 4) != Crc([.. Bytes(salt), .. Bytes((ulong)offset), .. frame[8..64]]))
        {
            return false;
        }

        int payload = (int)U32(frame, 8);
        size = (64 + payload + 8 + 511) / 512 * 512;
        if (size > frame.Length || U32(frame, size - 8) != (uint)size || U32(frame, size - 4) != U32(frame, 4))
        {
            return false;
        }

        U64(frame, 16).Should().Be(_next);
        U32(frame, 44).Should().Be(_previousChecksum);
        _previousChecksum = U32(frame, 4);
        bool isCompacted = U32(frame, 48) == 1;
        long time = _newestTime = U64(frame, 32);
        List<byte> checksums = [];
        int at = 64;
        for (uint entry = 0; entry < U32(frame, 12); entry++)
        {
            uint length = U32(frame, at + 4);
            int bodyBytes = (int)(length & 0x3FFFFFFF);
            ReadOnlySpan<byte> record = frame.Slice(at, 12 + bodyBytes);
            U32(record, 0).Should().Be(Crc([.. Bytes(salt ^ (ulong)_next), .. record[4..]]));
            checksums.AddRange(record[..4]);
            if ((length & 0x40000000) != 0)
            {
                isCompacted.Should().BeTrue();
                _next = U64(record, 12);
                time = _newestTime = U64(record, 20);
                Jumps++;
            }
            else
            {
                Lines.Add(Line(_next++, U32(record, 8), length >> 31 == 1, time, record[12..]));
            }

            at += record.Length;
        }

        at.Should().Be(64 + payload);
        U32(frame, 40).Should().Be(Crc([.. checksums]));
        _next = isCompacted ? U64(frame, 56) + 1 : _next;
        return true;
    }

    private void ReadIndex(string file, ulong salt)
    {
        if (!File.Exists(file))
        {
            return;
        }

        byte[] bytes = File.ReadAllBytes(file);
        bytes.AsSpan(0, 8).SequenceEqual("DIIDX\0\r\n"u8).Should().BeTrue();
        ((ulong)U64(bytes, 16)).Should().Be(salt);
        U64(bytes, 32).Should().Be(_next - 1);
        U64(bytes, 40).Should().Be(_newestTime);
        U32(bytes, 48).Should().Be(_previousChecksum);
        U32(bytes, 60).Should().Be(Crc(bytes.AsSpan(0, 60)));
        U32(bytes, 56).Should().Be(Crc(bytes.AsSpan(64)));
        bytes.Length.Should().Be(64 + (24 * (int)U32(bytes, 52)));
        IndexEntries += (int)U32(bytes, 52);
    }

    /// <summary>One record as a line of text.</summary>
    public static string Line(long position, uint tag, bool endsCommit, long timeMicros, ReadOnlySpan<byte> body) =>
        string.Create(CultureInfo.InvariantCulture, $"{position} {tag} {(endsCommit ? "end" : "-")} {timeMicros} {body.Length} {Crc(body):x8}");

    private static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private static long U64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadInt64LittleEndian(bytes[offset..]);

    private static byte[] Bytes(ulong value) => BitConverter.GetBytes(value);

    // Bit by bit: CRC-32C, reflected.
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint running = uint.MaxValue;
        foreach (byte value in bytes)
        {
            running ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                running = (running >> 1) ^ (0x82F63B78 & (0 - (running & 1)));
            }
        }

        return ~running;
    }
}
