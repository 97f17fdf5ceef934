using System.Buffers;

namespace DataIntensive.Events;

internal sealed class EventType<T>(string name, ICodec<T> codec) : EventType(name, codec.Version, typeof(T))
    where T : notnull
{
    public override void Write(object data, IBufferWriter<byte> destination) => codec.Write((T)data, destination);

    public override object Read(ReadOnlySpan<byte> source, byte storedVersion) => codec.Read(source, storedVersion);
}
