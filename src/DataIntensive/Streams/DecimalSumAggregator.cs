namespace DataIntensive.Streams;

/// <summary>Adds up decimals. <see cref="Aggregators.Sum{T}(Func{T, decimal})"/> makes it.</summary>
/// <typeparam name="T">The type of the events.</typeparam>
public readonly struct DecimalSumAggregator<T> : IAggregator<T, decimal, decimal>
{
    private readonly Func<T, decimal> _value;

    internal DecimalSumAggregator(Func<T, decimal> value) => _value = value;

    /// <inheritdoc />
    public ICodec<decimal> Codec => AccumulatorCodecs.DecimalSum;

    /// <inheritdoc />
    public decimal Create() => 0;

    /// <inheritdoc />
    public void Add(ref decimal accumulator, T item) => accumulator += _value(item);

    /// <inheritdoc />
    public void Merge(ref decimal into, in decimal from) => into += from;

    /// <inheritdoc />
    public decimal Result(in decimal accumulator) => accumulator;
}
