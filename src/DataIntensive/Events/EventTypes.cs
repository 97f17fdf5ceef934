using System.Collections.Frozen;
using System.Text;

namespace DataIntensive.Events;

// The types of events as they were mapped when the schema was declared.
internal sealed class EventTypes
{
    private const int MostUpcasts = 64;
    private const int MaxNameChars = EventMap.MaxNameBytes;

    private readonly FrozenDictionary<Type, EventType> _byType;
    private readonly FrozenDictionary<string, EventType[]> _byName;
    private readonly FrozenDictionary<string, EventType[]>.AlternateLookup<ReadOnlySpan<char>> _byNameSpan;

    // By a name that readers see: the names under which such events may be stored.
    private readonly FrozenDictionary<string, string[]> _storedAs;

    public EventTypes(IReadOnlyList<EventType> types, IReadOnlyList<EventUpcaster> upcasters)
    {
        _byType = types.ToFrozenDictionary(type => type.Type);
        _byName = types.GroupBy(type => type.Name).ToFrozenDictionary(group => group.Key, group => group.OrderBy(type => type.Version).ToArray(), StringComparer.Ordinal);
        _byNameSpan = _byName.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (EventUpcaster upcaster in upcasters)
        {
            Mapped(upcaster.From).Upcaster = upcaster;
        }

        foreach (EventType older in _byName.Values.SelectMany(versions => versions.SkipLast(1)).Where(older => older.Upcaster is null))
        {
            throw new ArgumentException($"Version {older.Version} of '{older.Name}' is mapped to {older.Type}, and there is a newer one. Say by {nameof(EventMap.Upcast)} what becomes of it.");
        }

        _storedAs = StoredAs(types);
    }

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

    // What is stored under a name in UTF-8: the version itself, or the next that is mapped and reads it. Null when there is none.
    public EventType? Named(ReadOnlySpan<byte> name, byte version)
    {
        Span<char> chars = stackalloc char[MaxNameChars];
        int length = Encoding.UTF8.GetChars(name, chars);
        if (_byNameSpan.TryGetValue(chars[..length], out EventType[]? versions))
        {
            foreach (EventType type in versions)
            {
                if (type.Version >= version)
                {
                    return type;
                }
            }
        }

        return null;
    }

    public byte NewestVersion(string name) => _byName.TryGetValue(name, out EventType[]? versions) ? versions[^1].Version : (byte)0;

    public IEnumerable<string> StoredAs(IReadOnlyList<string> names) =>
        names.SelectMany(name => _storedAs.GetValueOrDefault(name) ?? [name]).Distinct();

    // In the order of the upcasters' results, chained to the end.
    public void Upcast(EventType type, object data, List<(EventType Type, object Data)> into, int depth = 0)
    {
        if (type.Upcaster is not { } upcaster)
        {
            into.Add((type, data));
            return;
        }

        if (depth == MostUpcasts)
        {
            throw new InvalidOperationException($"The upcasters of '{type.Name}' lead in a circle.");
        }

        foreach (object next in upcaster.Convert(data))
        {
            EventType nextType = Of(next);
            if (!upcaster.Into.Contains(nextType.Type))
            {
                throw new InvalidOperationException($"The upcaster of version {type.Version} of '{type.Name}' made a {nextType.Type}, which it does not declare.");
            }

            Upcast(nextType, next, into, depth + 1);
        }
    }

    private EventType Mapped(Type type) =>
        _byType.GetValueOrDefault(type) ?? throw new ArgumentException($"{type} is named by an upcaster and not mapped to an event name.");

    private FrozenDictionary<string, string[]> StoredAs(IReadOnlyList<EventType> types)
    {
        Dictionary<string, HashSet<string>> storedAs = new(StringComparer.Ordinal);
        foreach (EventType stored in types)
        {
            HashSet<Type> reached = [];
            Reach(stored, reached);
            foreach (EventType seen in reached.Select(Mapped))
            {
                if (!storedAs.TryGetValue(seen.Name, out HashSet<string>? names))
                {
                    storedAs.Add(seen.Name, names = new HashSet<string>(StringComparer.Ordinal) { seen.Name });
                }

                names.Add(stored.Name);
            }
        }

        return storedAs.ToFrozenDictionary(names => names.Key, names => names.Value.ToArray(), StringComparer.Ordinal);
    }

    private void Reach(EventType type, HashSet<Type> reached)
    {
        if (reached.Add(type.Type) && type.Upcaster is { } upcaster)
        {
            foreach (Type next in upcaster.Into)
            {
                Reach(Mapped(next), reached);
            }
        }
    }
}
