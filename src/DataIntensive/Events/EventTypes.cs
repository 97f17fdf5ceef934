using System.Collections.Frozen;

namespace DataIntensive.Events;

// The types of events as they were mapped when the schema was declared.
internal sealed class EventTypes(IReadOnlyList<EventType> types)
{
    private readonly FrozenDictionary<Type, EventType> _byType = types.ToFrozenDictionary(type => type.Type);
    private readonly FrozenDictionary<string, EventType> _byName = types.ToFrozenDictionary(type => type.Name, StringComparer.Ordinal);

    public EventType Of(object? data)
    {
        if (data is null)
        {
            throw new ArgumentException("An event is null.");
        }

        return _byType.TryGetValue(data.GetType(), out EventType? type)
            ? type
            : throw new ArgumentException($"{data.GetType()} is not mapped to an event name. Map it in AddEvents.");
    }

    // What is stored as this; the event's place is for the message.
    public EventType Named(string name, byte version, StreamId stream, EventPosition position)
    {
        _byName.TryGetValue(name, out EventType? type);
        return type is not null && version <= type.Version
            ? type
            : throw new UnknownEventException(stream, position, name, version, type?.Version ?? 0);
    }
}
