using System.Buffers;

namespace DataIntensive.Events;

// One mapped type of events.
internal abstract class EventType(string name, byte version, Type type)
{
    public string Name => name;

    public byte Version => version;

    public Type Type => type;

    public abstract void Write(object data, IBufferWriter<byte> destination);

    public abstract object Read(ReadOnlySpan<byte> source, byte storedVersion);
}
