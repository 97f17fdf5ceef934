using System.Buffers;
using DataIntensive.Internal;

namespace DataIntensive.Consumers;

// Empty when it is finished. Otherwise the dead letter: key, source, name (varint length, UTF-8), varint attempts, type and message of the
// error (varint length, UTF-8), i64 ticks of UTC. Its consumer and position are those of the key that it stands under.
internal sealed class ConsumerMarkCodec : ICodec<DeadLetter?>
{
    public string Name => "consumer-mark";

    public byte Version => 1;

    public void Write(DeadLetter? value, IBufferWriter<byte> destination)
    {
        if (value is null)
        {
            return;
        }

        destination.WriteString(value.Key);
        destination.WriteString(value.Source);
        destination.WriteString(value.Name);
        destination.WriteVarint((ulong)value.Attempts);
        destination.WriteString(value.ErrorType);
        destination.WriteString(value.ErrorMessage);
        destination.WriteInt64(value.Time.UtcTicks);
    }

    public DeadLetter? Read(ReadOnlySpan<byte> source, byte version)
    {
        if (source.IsEmpty)
        {
            return null;
        }

        SpanReader reader = new(source);
        return new DeadLetter(
            Consumer: "",
            Position: default,
            reader.ReadString(),
            reader.ReadString(),
            reader.ReadString(),
            checked((int)reader.ReadVarint()),
            reader.ReadString(),
            reader.ReadString(),
            new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero));
    }
}
