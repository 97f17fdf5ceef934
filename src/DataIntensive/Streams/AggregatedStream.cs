using System.Runtime.CompilerServices;

namespace DataIntensive.Streams;

/// <summary>A complete pipeline: run it in memory, or exactly once in a database.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="T">The type of the items.</typeparam>
/// <typeparam name="TValue">The type of the results.</typeparam>
public sealed class AggregatedStream<TKey, T, TValue>
    where TKey : notnull
{
    private readonly KeyedStream<TKey, T> _stream;
    private readonly string _windows;
    private readonly string? _accumulators;
    private readonly Func<IWindowOutput<TKey, T, TValue>, int, WindowOperator<TKey, T, TValue>> _createOperator;
    private readonly Action<LateEvent<T>>? _late;

    internal AggregatedStream(
        KeyedStream<TKey, T> stream,
        string windows,
        string? accumulators,
        Func<IWindowOutput<TKey, T, TValue>, int, WindowOperator<TKey, T, TValue>> createOperator,
        Action<LateEvent<T>>? late)
    {
        _stream = stream;
        _windows = windows;
        _accumulators = accumulators;
        _createOperator = createOperator;
        _late = late;
    }

    /// <summary>Runs the pipeline in memory, from the start of its source, and gives each result when its window closes.</summary>
    /// <param name="options">How it is run; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the run. Stopping is not ending: no window closes by it.</param>
    /// <returns>The results, by window end, then start, then which came first. At the end of the source every window closes.</returns>
    /// <exception cref="InvalidOperationException">An end was asked for, and the source has no positions.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; thrown while enumerating.</exception>
    /// <exception cref="StreamStateFullException">Too many windows are open; thrown while enumerating.</exception>
    public IAsyncEnumerable<WindowResult<TKey, TValue>> RunAsync(StreamRunOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new StreamRunOptions();
        if (options.EndAfter is not null && !_stream.Plan.HasPositions)
        {
            throw new InvalidOperationException("A source without positions cannot end after one.");
        }

        return Run(options, cancellationToken);
    }

    /// <summary>
    /// Runs the pipeline in a database. What the sinks write, the pipeline's whole state and its position in the source are one commit,
    /// so each result and each late event is committed exactly once, whatever happens in between. A later run of the name goes on where
    /// the last commit left it.
    /// </summary>
    /// <param name="database">The database; its schema has <see cref="StreamSchemaExtensions.AddStreams"/>.</param>
    /// <param name="name">What the run is called, for good. One run of a name at a time.</param>
    /// <param name="options">How it is run.</param>
    /// <param name="sink">Writes a result, through the transaction only and without waiting. It may be called again for a commit that had no room.</param>
    /// <param name="late">Writes an event that no window took, like the sink; null: such events are only counted.</param>
    /// <param name="cancellationToken">Stops the run. Stopping is not ending: no window closes by it, and a later run goes on.</param>
    /// <returns>
    /// Returns when the input is complete, all windows have closed, and this is recorded in the same commit; from then on a run of the
    /// name does nothing.
    /// </returns>
    /// <remarks>
    /// Each commit writes all open windows anew: choose <see cref="StreamRunOptions.BatchSize"/> with that in mind. They and the results
    /// of one batch must fit into a commit. When a sink fails, the commit is not made and the run ends with its exception.
    /// </remarks>
    /// <exception cref="InvalidOperationException">
    /// The source has no positions, or they do not rise; the aggregator has no codec; <see cref="WindowedStream{TKey, T}.LateTo"/> was
    /// used; the database does not declare streams; or another run of the name is under way.
    /// </exception>
    /// <exception cref="ArgumentException">The keys have no codec.</exception>
    /// <exception cref="StreamStateMismatchException">The saved state is of another pipeline.</exception>
    /// <exception cref="StreamStateFullException">Too many windows are open.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task<StreamRunResult> RunAsync(
        Database database,
        string name,
        StreamRunOptions options,
        Action<DatabaseTransaction, WindowResult<TKey, TValue>> sink,
        Action<DatabaseTransaction, LateEvent<T>>? late = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(sink);
        if (!_stream.Plan.HasPositions)
        {
            throw new InvalidOperationException($"An exactly-once run needs a source that can be read again from a position: an {nameof(IStreamSource<>)}.");
        }

        if (_accumulators is null)
        {
            throw new InvalidOperationException("The aggregator has no codec, so its state cannot be stored. Implement its Codec property.");
        }

        if (_late is not null)
        {
            throw new InvalidOperationException("A handler given to LateTo is not part of a commit and could see an event twice. Pass one for late events to the run.");
        }

        ICodec<TKey> keys = _stream.Codec ?? Codecs.Default<TKey>();
        string shape = $"{_stream.Plan.Shape}/key({keys.Name})/{_windows}/aggregate({_accumulators})";
        StreamCheckpoints checkpoints = new(database.Store<string, byte[]>(StreamSchemaExtensions.StoreName), database, name, shape);
        StreamRun<TKey, T, TValue> run = new(_stream.Plan, _createOperator, keys, checkpoints, options, sink, late);
        return run.RunAsync(cancellationToken);
    }

    internal WindowOperator<TKey, T, TValue> CreateOperator(IWindowOutput<TKey, T, TValue> output, int maxOpen) => _createOperator(output, maxOpen);

    private async IAsyncEnumerable<WindowResult<TKey, TValue>> Run(StreamRunOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        MemoryWindowOutput<TKey, T, TValue> output = new(_late);
        WindowOperator<TKey, T, TValue> windows = _createOperator(output, options.MaxOpenWindows);
        StreamFeed feed = _stream.Plan.Connect(windows, new StreamStart(LogPosition.Start, options.EndAfter, cancellationToken));
        await using (feed.ConfigureAwait(false))
        {
            FeedStatus status;
            do
            {
                status = feed.TryPush();

                // Behind the push: a source that ends because it was cancelled has not ended.
                cancellationToken.ThrowIfCancellationRequested();
                if (status == FeedStatus.Waits)
                {
                    await feed.WaitAsync().ConfigureAwait(false);
                }
                else if (status == FeedStatus.Ended)
                {
                    windows.Complete();
                }

                for (int i = 0; i < output.Results.Count; i++)
                {
                    yield return output.Results[i];
                }

                output.Results.Clear();
            }
            while (status != FeedStatus.Ended);
        }
    }
}
