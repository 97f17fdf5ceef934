using DataIntensive.Streams;

namespace DataIntensive;

/// <summary>What can be made of the events of a window.</summary>
public static class Aggregators
{
    /// <summary>Counts the events.</summary>
    /// <typeparam name="T">The type of the events.</typeparam>
    public static Aggregation<CountAggregator<T>, T, long, long> Count<T>() => default;

    /// <summary>Adds up whole numbers. A sum of more than 64 bits fails the run with an <see cref="OverflowException"/>.</summary>
    /// <typeparam name="T">The type of the events.</typeparam>
    /// <param name="value">The number of an event.</param>
    public static Aggregation<Int64SumAggregator<T>, T, long, long> Sum<T>(Func<T, long> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new(new Int64SumAggregator<T>(value));
    }

    /// <summary>Adds up decimals. A sum beyond <see cref="decimal"/> fails the run with an <see cref="OverflowException"/>.</summary>
    /// <typeparam name="T">The type of the events.</typeparam>
    /// <param name="value">The number of an event.</param>
    public static Aggregation<DecimalSumAggregator<T>, T, decimal, decimal> Sum<T>(Func<T, decimal> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new(new DecimalSumAggregator<T>(value));
    }

    /// <summary>Makes two aggregates of the same events.</summary>
    public static Aggregation<
        CombinedAggregator<TFirst, TSecond, T, TFirstAccumulator, TSecondAccumulator, TFirstOut, TSecondOut>,
        T,
        (TFirstAccumulator First, TSecondAccumulator Second),
        (TFirstOut First, TSecondOut Second)>
        Combine<T, TFirst, TFirstAccumulator, TFirstOut, TSecond, TSecondAccumulator, TSecondOut>(
            Aggregation<TFirst, T, TFirstAccumulator, TFirstOut> first,
            Aggregation<TSecond, T, TSecondAccumulator, TSecondOut> second)
        where TFirst : struct, IAggregator<T, TFirstAccumulator, TFirstOut>
        where TSecond : struct, IAggregator<T, TSecondAccumulator, TSecondOut> =>
        new(new(first.Aggregator, second.Aggregator));

    /// <summary>Takes an aggregator of one's own into <see cref="Combine"/>.</summary>
    /// <typeparam name="TAggregator">The type of the aggregator.</typeparam>
    /// <typeparam name="T">The type of the events.</typeparam>
    /// <typeparam name="TAccumulator">What is kept per key and open window.</typeparam>
    /// <typeparam name="TOut">The type of the results.</typeparam>
    /// <param name="aggregator">The aggregator.</param>
    public static Aggregation<TAggregator, T, TAccumulator, TOut> Of<TAggregator, T, TAccumulator, TOut>(TAggregator aggregator)
        where TAggregator : struct, IAggregator<T, TAccumulator, TOut> =>
        new(aggregator);
}
