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
//  25  u8  parts: 1 tenant, 2 id, 4 tags, 8 metadata
//      stream, name: varint length, UTF-8
//      u8  version of the form
//      tenant, if any: varint length, UTF-8
//      id, if any: 16 bytes, big-endian
//      tags, if any: varint count, then each: varint length, UTF-8
//      metadata, if any: varint length, EventMetadataFormat
//      the event, to the end
internal readonly ref struct EventRecord
{
    public const int HeadBytes = 25;
    public const byte Kind = 1;
    private const int PositionOffset = 1;
    private const int VersionOffset = 9;
    private const int MicrosOffset = 17;
    private const int IdBytes = 16;

    private readonly ReadOnlySpan<byte> _tags;
    private readonly ReadOnlySpan<byte> _metadata;

    public EventRecord(ReadOnlySpan<byte> body, LogPosition logPosition)
    {
        SpanReader reader = new(body);
        byte kind = reader.ReadByte();
        if (kind != Kind)
        {
            throw new LogFormatException($"The record at position {logPosition} is of an unknown kind {kind}. Use a newer version of the library.");
        }

        Position = new EventPosition(reader.ReadInt64());
        Version = reader.ReadInt64();
        Micros = reader.ReadInt64();
        Parts parts = (Parts)reader.ReadByte();
        Stream = reader.ReadBytes();
        Name = reader.ReadBytes();
        SchemaVersion = reader.ReadByte();
        if ((parts & ~Parts.All) != 0)
        {
            throw new LogFormatException($"The record at position {logPosition} has parts of an unknown kind. Use a newer version of the library.");
        }

        if ((parts & Parts.Tenant) != 0)
        {
            Tenant = reader.ReadBytes();
        }

        if ((parts & Parts.Id) != 0)
        {
            Id = new Guid(reader.Rest[..IdBytes], bigEndian: true);
            reader = new SpanReader(reader.Rest[IdBytes..]);
        }

        if ((parts & Parts.Tags) != 0)
        {
            TagCount = (int)reader.ReadVarint();
            _tags = reader.Rest;
            for (int i = 0; i < TagCount; i++)
            {
                reader.ReadBytes();
            }
        }

        if ((parts & Parts.Metadata) != 0)
        {
            _metadata = reader.ReadBytes();
        }

        Data = reader.Rest;
    }

    [Flags]
    private enum Parts : byte
    {
        Tenant = 1,
        Id = 2,
        Tags = 4,
        Metadata = 8,
        All = 15,
    }

    public EventPosition Position { get; }

    public long Version { get; }

    public long Micros { get; }

    // UTF-8; empty for the event store's own.
    public ReadOnlySpan<byte> Tenant { get; }

    // UTF-8.
    public ReadOnlySpan<byte> Stream { get; }

    // UTF-8.
    public ReadOnlySpan<byte> Name { get; }

    public byte SchemaVersion { get; }

    public Guid? Id { get; }

    public int TagCount { get; }

    public ReadOnlySpan<byte> Data { get; }

    public static void Write(IBufferWriter<byte> destination, string tenant, StreamId stream, EventType type, object data, Guid? eventId, EventMetadata metadata, EventTag[] tags)
    {
        ReadOnlySpan<byte> name = type.NameBytes;
        Span<byte> start = destination.GetSpan(HeadBytes + 1 + (2 * BinaryExtensions.MostBytesOfVarint) + StreamId.MaxBytes + name.Length + 1);
        start[..HeadBytes].Clear();
        start[0] = Kind;
        start[HeadBytes] = (byte)((tenant.Length > 0 ? Parts.Tenant : 0) | (eventId is null ? 0 : Parts.Id) | (tags.Length > 0 ? Parts.Tags : 0) | (metadata.IsEmpty ? 0 : Parts.Metadata));
        int length = HeadBytes + 1;
        length += BinaryExtensions.PutString(start[length..], stream.Value);
        length += BinaryExtensions.PutVarint(start[length..], (ulong)name.Length);
        name.CopyTo(start[length..]);
        length += name.Length;
        start[length++] = type.Version;
        destination.Advance(length);
        if (tenant.Length > 0)
        {
            destination.WriteString(tenant);
        }

        if (eventId is { } id)
        {
            id.TryWriteBytes(destination.GetSpan(IdBytes), bigEndian: true, out int bytes);
            destination.Advance(bytes);
        }

        if (tags.Length > 0)
        {
            destination.WriteVarint((ulong)tags.Length);
            foreach (EventTag tag in tags)
            {
                destination.WriteString(tag.Value);
            }
        }

        if (!metadata.IsEmpty)
        {
            EventMetadataFormat.Write(destination, metadata);
        }

        type.Write(data, destination);
    }

    public static void Fill(Span<byte> head, long position, long version, long micros)
    {
        BinaryPrimitives.WriteInt64LittleEndian(head[PositionOffset..], position);
        BinaryPrimitives.WriteInt64LittleEndian(head[VersionOffset..], version);
        BinaryPrimitives.WriteInt64LittleEndian(head[MicrosOffset..], micros);
    }

    public EventTag[] ReadTags()
    {
        if (TagCount == 0)
        {
            return [];
        }

        EventTag[] tags = new EventTag[TagCount];
        SpanReader reader = new(_tags);
        for (int i = 0; i < tags.Length; i++)
        {
            tags[i] = EventTag.Stored(reader.ReadString());
        }

        return tags;
    }

    public EventMetadata ReadMetadata() => _metadata.IsEmpty ? EventMetadata.Empty : EventMetadataFormat.Read(_metadata);
}
