using System.Buffers;
using System.Text;

namespace DataIntensive.Events;

// One mapped type of events: one version of what has a name.
internal abstract class EventType(string name, byte version, Type type)
{
    public string Name => name;

    // UTF-8.
    public byte[] NameBytes { get; } = Encoding.UTF8.GetBytes(name);

    public byte Version => version;

    public Type Type => type;

    // Null for a version that is given to readers as it is.
    public EventUpcaster? Upcaster { get; set; }

    public abstract void Write(object data, IBufferWriter<byte> destination);

    public abstract object Read(ReadOnlySpan<byte> source, byte storedVersion);

    // Those that the map derives from the event.
    public abstract IEnumerable<EventTag>? TagsOf(object data);
}
