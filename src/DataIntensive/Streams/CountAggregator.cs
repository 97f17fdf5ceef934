namespace DataIntensive.Streams;

/// <summary>Counts events. <see cref="Aggregators.Count"/> makes it.</summary>
/// <typeparam name="T">The type of the events.</typeparam>
public readonly struct CountAggregator<T> : IAggregator<T, long, long>
{
    /// <inheritdoc />
    public ICodec<long> Codec => AccumulatorCodecs.Count;

    /// <inheritdoc />
    public long Create() => 0;

    /// <inheritdoc />
    public void Add(ref long accumulator, T item) => accumulator++;

    /// <inheritdoc />
    public void Merge(ref long into, in long from) => into += from;

    /// <inheritdoc />
    public long Result(in long accumulator) => accumulator;
}
