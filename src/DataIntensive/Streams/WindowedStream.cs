namespace DataIntensive.Streams;

/// <summary>
/// A stream cut into windows, of whose events something is to be made. A window closes when the watermark reaches its end; an event is
/// late when its window has closed by the watermark that the events before it left.
/// </summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="T">The type of the items.</typeparam>
public sealed class WindowedStream<TKey, T>
    where TKey : notnull
{
    private readonly KeyedStream<TKey, T> _stream;
    private readonly WindowDefinition _windows;
    private readonly Action<LateEvent<T>>? _late;

    internal WindowedStream(KeyedStream<TKey, T> stream, WindowDefinition windows, Action<LateEvent<T>>? late)
    {
        _stream = stream;
        _windows = windows;
        _late = late;
    }

    /// <summary>
    /// Gives the events that no window takes to a handler, when they come. Without one they are left out. For runs in memory; a run in
    /// a database takes a handler that joins its transaction.
    /// </summary>
    /// <param name="late">The handler.</param>
    public WindowedStream<TKey, T> LateTo(Action<LateEvent<T>> late)
    {
        ArgumentNullException.ThrowIfNull(late);
        return new WindowedStream<TKey, T>(_stream, _windows, late);
    }

    /// <summary>Makes one value of the events of each key and window.</summary>
    /// <typeparam name="TAggregator">The type of the aggregator.</typeparam>
    /// <typeparam name="TAccumulator">What it keeps.</typeparam>
    /// <typeparam name="TValue">What it gives.</typeparam>
    /// <param name="aggregation">What makes it: see <see cref="Aggregators"/>.</param>
    public AggregatedStream<TKey, T, TValue> Aggregate<TAggregator, TAccumulator, TValue>(Aggregation<TAggregator, T, TAccumulator, TValue> aggregation)
        where TAggregator : struct, IAggregator<T, TAccumulator, TValue> =>
        Aggregate<TAggregator, TAccumulator, TValue>(aggregation.Aggregator);

    /// <summary>Makes one value of the events of each key and window, with an aggregator of one's own.</summary>
    /// <typeparam name="TAggregator">The type of the aggregator.</typeparam>
    /// <typeparam name="TAccumulator">What it keeps.</typeparam>
    /// <typeparam name="TValue">What it gives.</typeparam>
    /// <param name="aggregator">The aggregator.</param>
    public AggregatedStream<TKey, T, TValue> Aggregate<TAggregator, TAccumulator, TValue>(TAggregator aggregator)
        where TAggregator : struct, IAggregator<T, TAccumulator, TValue>
    {
        return new AggregatedStream<TKey, T, TValue>(_stream, _windows.Shape, aggregator.Codec?.Name, Create, _late);

        WindowOperator<TKey, T, TValue> Create(IWindowOutput<TKey, T, TValue> output, int maxOpen) => _windows switch
        {
            TumblingWindows tumbling => new TumblingOperator<TAggregator, TKey, T, TAccumulator, TValue>(tumbling, aggregator, _stream.Key, output, maxOpen),
            SessionWindows session => new SessionOperator<TAggregator, TKey, T, TAccumulator, TValue>(session, aggregator, _stream.Key, output, maxOpen),
            _ => throw new InvalidOperationException($"There is no operator for {_windows}."),
        };
    }
}
