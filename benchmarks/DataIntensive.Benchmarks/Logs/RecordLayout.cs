using System.Buffers.Binary;
using System.Numerics;

namespace DataIntensive.Benchmarks.Logs;

/// <summary>Writes a record as the log does, with its CRC-32C, length and tag before the body, so that all loops write the same bytes.</summary>
internal static class RecordLayout
{
    public const int HeaderBytes = 12;

    public static void Write(Span<byte> destination, ReadOnlySpan<byte> body)
    {
        BinaryPrimitives.WriteInt32LittleEndian(destination[4..], body.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], 0);
        body.CopyTo(destination[HeaderBytes..]);
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Checksum(destination[4..(HeaderBytes + body.Length)]));
    }

    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint running = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            running = BitOperations.Crc32C(running, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte value in bytes)
        {
            running = BitOperations.Crc32C(running, value);
        }

        return ~running;
    }
}
