using System.Buffers;
using System.Buffers.Binary;
using DataIntensive.Internal;

namespace DataIntensive.Events;

// One event, as it stands in the body of its record (little-endian). The numbers are of fixed width and stand first, so that the
// sequencer can fill them in when everything else is encoded already:
//
//   0  u8  kind: 1, appended
//   1  i64 event position
//   9  i64 version in its stream
//  17  i64 µs since 1970, UTC
//  25  stream, name: varint length, UTF-8
//      u8  version of the form
//      the event, to the end
internal readonly ref struct EventRecord
{
    public const int HeadBytes = 25;
    private const byte Appended = 1;
    private const int PositionOffset = 1;
    private const int VersionOffset = 9;
    private const int MicrosOffset = 17;

    public EventRecord(ReadOnlySpan<byte> body, LogPosition logPosition)
    {
        SpanReader reader = new(body);
        byte kind = reader.ReadByte();
        if (kind != Appended)
        {
            throw new LogFormatException($"The record at position {logPosition} is of an unknown kind {kind}. Use a newer version of the library.");
        }

        Position = new EventPosition(reader.ReadInt64());
        Version = reader.ReadInt64();
        Micros = reader.ReadInt64();
        Stream = StreamId.Stored(reader.ReadString());
        Name = reader.ReadBytes();
        SchemaVersion = reader.ReadByte();
        Data = reader.Rest;
    }

    public EventPosition Position { get; }

    public long Version { get; }

    public long Micros { get; }

    public StreamId Stream { get; }

    // UTF-8.
    public ReadOnlySpan<byte> Name { get; }

    public byte SchemaVersion { get; }

    public ReadOnlySpan<byte> Data { get; }

    public static void Write(IBufferWriter<byte> destination, StreamId stream, EventType type, object data)
    {
        Span<byte> head = destination.GetSpan(HeadBytes)[..HeadBytes];
        head.Clear();
        head[0] = Appended;
        destination.Advance(HeadBytes);
        destination.WriteString(stream.Value);
        destination.WriteString(type.Name);
        destination.WriteByte(type.Version);
        type.Write(data, destination);
    }

    public static void Fill(Span<byte> head, long position, long version, long micros)
    {
        BinaryPrimitives.WriteInt64LittleEndian(head[PositionOffset..], position);
        BinaryPrimitives.WriteInt64LittleEndian(head[VersionOffset..], version);
        BinaryPrimitives.WriteInt64LittleEndian(head[MicrosOffset..], micros);
    }
}
