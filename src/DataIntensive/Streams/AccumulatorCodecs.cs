using System.Buffers;
using DataIntensive.Internal;

namespace DataIntensive.Streams;

// The names tell aggregators apart whose accumulators look alike.
internal static class AccumulatorCodecs
{
    public static ICodec<long> Count { get; } = new RenamedCodec<long>("count", Codecs.Int64);

    public static ICodec<long> Int64Sum { get; } = new RenamedCodec<long>("sum:int64", Codecs.Int64);

    public static ICodec<decimal> DecimalSum { get; } = new RenamedCodec<decimal>("sum:decimal", Codecs.Decimal);
}

internal sealed class RenamedCodec<T>(string name, ICodec<T> codec) : ICodec<T>
{
    public string Name => name;

    public byte Version => codec.Version;

    public void Write(T value, IBufferWriter<byte> destination) => codec.Write(value, destination);

    public T Read(ReadOnlySpan<byte> source, byte version) => codec.Read(source, version);
}

// Each half with its own version and length.
internal sealed class PairCodec<TFirst, TSecond>(ICodec<TFirst> first, ICodec<TSecond> second) : ICodec<(TFirst First, TSecond Second)>
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _scratch;

    public string Name => $"pair({first.Name},{second.Name})";

    public byte Version => 1;

    public void Write((TFirst First, TSecond Second) value, IBufferWriter<byte> destination)
    {
        // Taken, not borrowed: a half may be a pair of the same types. What a codec left behind when it failed is not given back.
        ArrayBufferWriter<byte> scratch = _scratch ?? new ArrayBufferWriter<byte>();
        _scratch = null;
        destination.WriteWith(first, value.First, scratch);
        destination.WriteWith(second, value.Second, scratch);
        _scratch = scratch;
    }

    public (TFirst First, TSecond Second) Read(ReadOnlySpan<byte> source, byte version)
    {
        SpanReader reader = new(source);
        return (reader.ReadWith(first), reader.ReadWith(second));
    }
}
