namespace DataIntensive.Streams;

/// <summary>Adds up whole numbers. <see cref="Aggregators.Sum{T}(Func{T, long})"/> makes it.</summary>
/// <typeparam name="T">The type of the events.</typeparam>
public readonly struct Int64SumAggregator<T> : IAggregator<T, long, long>
{
    private readonly Func<T, long> _value;

    internal Int64SumAggregator(Func<T, long> value) => _value = value;

    /// <inheritdoc />
    public ICodec<long> Codec => AccumulatorCodecs.Int64Sum;

    /// <inheritdoc />
    public long Create() => 0;

    /// <inheritdoc />
    public void Add(ref long accumulator, T item) => accumulator = checked(accumulator + _value(item));

    /// <inheritdoc />
    public void Merge(ref long into, in long from) => into = checked(into + from);

    /// <inheritdoc />
    public long Result(in long accumulator) => accumulator;
}
