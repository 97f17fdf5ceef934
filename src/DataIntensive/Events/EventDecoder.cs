using System.Text;
using DataIntensive.Logs;

namespace DataIntensive.Events;

// Makes events of records, for one reader: through all upcasters, and by what the reader wants of unknown ones.
internal sealed class EventDecoder(EventTypes types, UnknownEvents unknown)
{
    private readonly List<(EventType Type, object Data)> _upcast = [];
    private byte[] _streamBytes = [];
    private StreamId _stream;
    private byte _schemaVersion;
    private EventType? _type;

    // What the last record led to, when it was not exactly one event.
    public List<RecordedEvent> Others { get; } = [];

    // Null when the record leads to none or to several.
    public RecordedEvent? Decode(in LogRecord record)
    {
        Others.Clear();
        EventRecord stored = new(record.Body.Span, record.Position);
        if (TypeOf(stored) is not { } type)
        {
            return DecodeUnknown(stored, record.Position);
        }

        object data = type.Read(stored.Data, stored.SchemaVersion);
        if (type.Upcaster is null)
        {
            return Make(stored, record.Position, type.Name, data, subIndex: 0);
        }

        _upcast.Clear();
        types.Upcast(type, data, _upcast);
        for (int i = 0; i < _upcast.Count; i++)
        {
            Others.Add(Make(stored, record.Position, _upcast[i].Type.Name, _upcast[i].Data, i));
        }

        return null;
    }

    private RecordedEvent? DecodeUnknown(in EventRecord stored, LogPosition position)
    {
        string name = Encoding.UTF8.GetString(stored.Name);
        return unknown switch
        {
            UnknownEvents.Skip => null,
            UnknownEvents.Raw => Make(stored, position, name, new RawEvent(stored.Data.ToArray()), subIndex: 0),
            _ => throw new UnknownEventException(StreamOf(stored), stored.Position, name, stored.SchemaVersion, types.NewestVersion(name)),
        };
    }

    private RecordedEvent Make(in EventRecord stored, LogPosition position, string name, object data, int subIndex) =>
        new(
            StreamOf(stored),
            stored.Version,
            stored.Position,
            position,
            name,
            stored.SchemaVersion,
            data,
            DateTimeOffset.UnixEpoch.AddTicks(stored.Micros * TimeSpan.TicksPerMicrosecond))
        {
            Tenant = stored.Tenant.IsEmpty ? "" : Encoding.UTF8.GetString(stored.Tenant),
            Id = stored.Id,
            Tags = stored.ReadTags(),
            Metadata = stored.ReadMetadata(),
            SubIndex = subIndex,
        };

    // Most often the one of the event before.
    private EventType? TypeOf(in EventRecord stored)
    {
        if (_type is null || stored.SchemaVersion != _schemaVersion || !stored.Name.SequenceEqual(_type.NameBytes))
        {
            _schemaVersion = stored.SchemaVersion;
            _type = types.Named(stored.Name, stored.SchemaVersion);
        }

        return _type;
    }

    // Likewise.
    private StreamId StreamOf(in EventRecord stored)
    {
        if (_stream.IsDefault || !stored.Stream.SequenceEqual(_streamBytes))
        {
            _streamBytes = stored.Stream.ToArray();
            _stream = StreamId.Stored(Encoding.UTF8.GetString(stored.Stream));
        }

        return _stream;
    }
}
