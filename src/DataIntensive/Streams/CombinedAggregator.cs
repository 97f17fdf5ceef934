namespace DataIntensive.Streams;

/// <summary>Two aggregators over the same events. <see cref="Aggregators.Combine"/> makes it.</summary>
/// <typeparam name="TFirst">The type of the first aggregator.</typeparam>
/// <typeparam name="TSecond">The type of the second aggregator.</typeparam>
/// <typeparam name="T">The type of the events.</typeparam>
/// <typeparam name="TFirstAccumulator">What the first keeps.</typeparam>
/// <typeparam name="TSecondAccumulator">What the second keeps.</typeparam>
/// <typeparam name="TFirstOut">What the first gives.</typeparam>
/// <typeparam name="TSecondOut">What the second gives.</typeparam>
public readonly struct CombinedAggregator<TFirst, TSecond, T, TFirstAccumulator, TSecondAccumulator, TFirstOut, TSecondOut>
    : IAggregator<T, (TFirstAccumulator First, TSecondAccumulator Second), (TFirstOut First, TSecondOut Second)>
    where TFirst : struct, IAggregator<T, TFirstAccumulator, TFirstOut>
    where TSecond : struct, IAggregator<T, TSecondAccumulator, TSecondOut>
{
    private readonly TFirst _first;
    private readonly TSecond _second;

    internal CombinedAggregator(TFirst first, TSecond second)
    {
        _first = first;
        _second = second;
    }

    /// <summary>How both are stored; null when one of them cannot be.</summary>
    public ICodec<(TFirstAccumulator First, TSecondAccumulator Second)>? Codec =>
        _first.Codec is { } first && _second.Codec is { } second ? new PairCodec<TFirstAccumulator, TSecondAccumulator>(first, second) : null;

    /// <inheritdoc />
    public (TFirstAccumulator First, TSecondAccumulator Second) Create() => (_first.Create(), _second.Create());

    /// <inheritdoc />
    public void Add(ref (TFirstAccumulator First, TSecondAccumulator Second) accumulator, T item)
    {
        _first.Add(ref accumulator.First, item);
        _second.Add(ref accumulator.Second, item);
    }

    /// <inheritdoc />
    public void Merge(
        ref (TFirstAccumulator First, TSecondAccumulator Second) into,
        in (TFirstAccumulator First, TSecondAccumulator Second) from)
    {
        _first.Merge(ref into.First, in from.First);
        _second.Merge(ref into.Second, in from.Second);
    }

    /// <inheritdoc />
    public (TFirstOut First, TSecondOut Second) Result(in (TFirstAccumulator First, TSecondAccumulator Second) accumulator) =>
        (_first.Result(in accumulator.First), _second.Result(in accumulator.Second));
}
