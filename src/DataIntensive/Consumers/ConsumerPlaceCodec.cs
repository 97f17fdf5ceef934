using System.Buffers;
using DataIntensive.Internal;

namespace DataIntensive.Consumers;

// i64 position, then the consumer's name in UTF-8, to the end.
internal sealed class ConsumerPlaceCodec : ICodec<ConsumerPlace>
{
    public string Name => "consumer-place";

    public byte Version => 1;

    public void Write(ConsumerPlace value, IBufferWriter<byte> destination)
    {
        destination.WriteInt64(value.Position.Value);
        Codecs.String.Write(value.Consumer, destination);
    }

    public ConsumerPlace Read(ReadOnlySpan<byte> source, byte version)
    {
        SpanReader reader = new(source);
        LogPosition position = new(reader.ReadInt64());
        return new ConsumerPlace(Codecs.String.Read(reader.Rest, Codecs.String.Version), position);
    }
}
