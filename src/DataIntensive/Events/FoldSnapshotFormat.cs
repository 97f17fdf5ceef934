using System.Buffers;
using System.Buffers.Binary;
using DataIntensive.Internal;

namespace DataIntensive.Events;

// A kept state (little-endian):
//
//   0  u32 CRC-32C of what follows
//   4  u8  format: 1
//   5  u8  version of the state's codec
//   6  i64 version of the stream, version of the last event folded, its position, its time in 100 ns, the oldest version that was shown
//  46  the state
internal static class FoldSnapshotFormat
{
    private const byte Format = 1;
    private const int ChecksumBytes = sizeof(uint);

    public static byte[] Write<TState>(FoldPoint<TState> point, ICodec<TState> codec)
    {
        ArrayBufferWriter<byte> bytes = new();
        bytes.Write((ReadOnlySpan<byte>)[0, 0, 0, 0]);
        bytes.WriteByte(Format);
        bytes.WriteByte(codec.Version);
        bytes.WriteInt64(point.Version);
        bytes.WriteInt64(point.LastVersion);
        bytes.WriteInt64(point.LastPosition.Value);
        bytes.WriteInt64(point.LastTime.UtcTicks);
        bytes.WriteInt64(point.FirstVersion);
        codec.Write(point.State, bytes);
        byte[] written = bytes.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(written, Crc32C.Compute(written.AsSpan(ChecksumBytes)));
        return written;
    }

    // Throws whatever it finds wrong.
    public static FoldPoint<TState> Read<TState>(ReadOnlySpan<byte> bytes, ICodec<TState> codec)
    {
        if (bytes.Length < ChecksumBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Crc32C.Compute(bytes[ChecksumBytes..]))
        {
            throw new InvalidDataException("Its checksum does not fit.");
        }

        SpanReader reader = new(bytes[ChecksumBytes..]);
        if (reader.ReadByte() is var format && format != Format)
        {
            throw new InvalidDataException($"It has format {format}.");
        }

        byte codecVersion = reader.ReadByte();
        long version = reader.ReadInt64();
        long lastVersion = reader.ReadInt64();
        long lastPosition = reader.ReadInt64();
        DateTimeOffset lastTime = new(reader.ReadInt64(), TimeSpan.Zero);
        long firstVersion = reader.ReadInt64();
        return new FoldPoint<TState>(codec.Read(reader.Rest, codecVersion), version, firstVersion)
        {
            LastVersion = lastVersion,
            LastPosition = new EventPosition(lastPosition),
            LastTime = lastTime,
            SnapshotVersion = version,
            SnapshotTime = lastTime,
            NeedsProof = true,
        };
    }
}
