using System.Buffers;
using System.Buffers.Binary;
using DataIntensive.Internal;

namespace DataIntensive.Events;

// What is said of a stream as a whole, as it stands in the body of its record (little-endian):
//
//   0  u8  kind: 2, marked
//   1  i64 version of the stream then
//   9  u8  what: 1 deleted, 2 tombstoned, 3 what is kept, 4 archived, 5 restored
//  10  i64 kept from this version, 0 for as before; i64 how many, 0 for all; i64 how long in µs, 0 for ever
//  34  stream, tenant: varint length, UTF-8
internal readonly ref struct StreamMarkRecord
{
    public const byte Kind = 2;
    public const int HeadBytes = 9;

    public StreamMarkRecord(ReadOnlySpan<byte> body, LogPosition logPosition)
    {
        SpanReader reader = new(body);
        reader.ReadByte();
        Version = reader.ReadInt64();
        What = (StreamMarking)reader.ReadByte();
        if (What is < StreamMarking.Deleted or > StreamMarking.Restored)
        {
            throw new LogFormatException($"The record at position {logPosition} says something unknown of a stream. Use a newer version of the library.");
        }

        KeepFrom = reader.ReadInt64();
        MaxCount = reader.ReadInt64();
        MaxAgeMicros = reader.ReadInt64();
        Stream = StreamId.Stored(reader.ReadString());
        Tenant = reader.ReadString();
    }

    public long Version { get; }

    public StreamMarking What { get; }

    public long KeepFrom { get; }

    public long MaxCount { get; }

    public long MaxAgeMicros { get; }

    public StreamId Stream { get; }

    public string Tenant { get; }

    public static void Write(IBufferWriter<byte> destination, string tenant, StreamId stream, StreamMarking what, StreamRetention? retention)
    {
        destination.WriteByte(Kind);
        destination.WriteInt64(0);
        destination.WriteByte((byte)what);
        destination.WriteInt64(retention?.KeepFrom ?? 0);
        destination.WriteInt64(retention?.MaxCount ?? 0);
        destination.WriteInt64(retention?.MaxAgeMicros ?? 0);
        destination.WriteString(stream.Value);
        destination.WriteString(tenant);
    }

    public static void Fill(Span<byte> head, long version) => BinaryPrimitives.WriteInt64LittleEndian(head[1..], version);
}
