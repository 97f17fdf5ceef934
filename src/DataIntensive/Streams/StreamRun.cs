using DataIntensive.Internal;

namespace DataIntensive.Streams;

// One exactly-once run: read, process a batch, commit outputs, state and position together, go on.
internal sealed class StreamRun<TKey, T, TValue>
    where TKey : notnull
{
    private readonly StreamPlan<TimedStage<T>> _plan;
    private readonly ICodec<TKey> _keys;
    private readonly StreamCheckpoints _checkpoints;
    private readonly StreamRunOptions _options;
    private readonly Action<DatabaseTransaction, WindowResult<TKey, TValue>> _sink;
    private readonly Action<DatabaseTransaction, LateEvent<T>>? _late;
    private readonly BatchWindowOutput<TKey, T, TValue> _output = new();
    private readonly WindowOperator<TKey, T, TValue> _windows;

    public StreamRun(
        StreamPlan<TimedStage<T>> plan,
        Func<IWindowOutput<TKey, T, TValue>, int, WindowOperator<TKey, T, TValue>> createOperator,
        ICodec<TKey> keys,
        StreamCheckpoints checkpoints,
        StreamRunOptions options,
        Action<DatabaseTransaction, WindowResult<TKey, TValue>> sink,
        Action<DatabaseTransaction, LateEvent<T>>? late)
    {
        _plan = plan;
        _keys = keys;
        _checkpoints = checkpoints;
        _options = options;
        _sink = sink;
        _late = late;
        _windows = createOperator(_output, options.MaxOpenWindows);
    }

    public async Task<StreamRunResult> RunAsync(CancellationToken cancellationToken)
    {
        LogPosition after = LogPosition.Start;
        if (await _checkpoints.ReadAsync(cancellationToken).ConfigureAwait(false) is { } saved)
        {
            Load(saved);
            if (saved.IsComplete)
            {
                return new StreamRunResult(saved.Position, _windows.LateCount);
            }

            after = saved.Position;
        }

        StreamFeed feed = _plan.Connect(_windows, new StreamStart(after, _options.EndAfter, cancellationToken));
        await using (feed.ConfigureAwait(false))
        {
            return await RunAsync(feed, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<StreamRunResult> RunAsync(StreamFeed feed, CancellationToken cancellationToken)
    {
        while (true)
        {
            (int items, FeedStatus status) = PushBatch(feed, cancellationToken);
            bool isComplete = status == FeedStatus.Ended;
            if (isComplete)
            {
                _windows.Complete();
            }

            // Without an item there is nothing to save: a source that only tells how far it has come must not be fed by our commits.
            if (items > 0 || isComplete)
            {
                await CommitAsync(feed.Position, isComplete, cancellationToken).ConfigureAwait(false);
            }

            if (isComplete)
            {
                return new StreamRunResult(feed.Position, _windows.LateCount);
            }

            if (status == FeedStatus.Waits)
            {
                await feed.WaitAsync().ConfigureAwait(false);
            }
        }
    }

    private (int Items, FeedStatus Status) PushBatch(StreamFeed feed, CancellationToken cancellationToken)
    {
        int items = 0;
        while (items < _options.BatchSize)
        {
            FeedStatus status = feed.TryPush();

            // Behind the push: a source that ends because it was cancelled has not ended.
            cancellationToken.ThrowIfCancellationRequested();
            if (status is FeedStatus.Waits or FeedStatus.Ended)
            {
                return (items, status);
            }

            if (status == FeedStatus.Pushed)
            {
                items++;
            }
        }

        return (items, FeedStatus.Pushed);
    }

    private async ValueTask CommitAsync(LogPosition position, bool isComplete, CancellationToken cancellationToken)
    {
        byte[] state = _checkpoints.Encode(position, isComplete, destination => _windows.Save(destination, _keys));
        await _checkpoints.CommitAsync(
            state,
            transaction => _output.WriteTo(transaction, _sink, _late),
            cancellationToken).ConfigureAwait(false);
        _output.Clear();
    }

    private void Load(StreamCheckpoint saved)
    {
        SpanReader reader = new(saved.Operator.Span);
        _windows.Load(ref reader, _keys);
    }
}
