namespace DataIntensive.Streams;

/// <summary>An aggregator together with its types, so that no call has to spell them out. <see cref="Aggregators"/> makes it.</summary>
/// <typeparam name="TAggregator">The type of the aggregator.</typeparam>
/// <typeparam name="TIn">The type of the events.</typeparam>
/// <typeparam name="TAccumulator">What is kept per key and open window.</typeparam>
/// <typeparam name="TOut">The type of the results.</typeparam>
/// <param name="Aggregator">The aggregator.</param>
public readonly record struct Aggregation<TAggregator, TIn, TAccumulator, TOut>(TAggregator Aggregator)
    where TAggregator : struct, IAggregator<TIn, TAccumulator, TOut>;
