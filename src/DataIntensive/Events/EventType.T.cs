using System.Buffers;

namespace DataIntensive.Events;

internal sealed class EventType<T>(string name, ICodec<T> codec, Func<T, IEnumerable<EventTag>>? tags) : EventType(name, codec.Version, typeof(T))
    where T : notnull
{
    public override void Write(object data, IBufferWriter<byte> destination) => codec.Write((T)data, destination);

    public override object Read(ReadOnlySpan<byte> source, byte storedVersion) => codec.Read(source, storedVersion);

    public override IEnumerable<EventTag>? TagsOf(object data) => tags?.Invoke((T)data);
}
