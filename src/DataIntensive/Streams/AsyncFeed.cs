namespace DataIntensive.Streams;

// Awaits only where the source really waits.
internal abstract class AsyncFeed<TRecord> : StreamFeed
{
    private readonly CancellationTokenSource _stop;
    private readonly IAsyncEnumerator<TRecord> _records;
    private Task<bool>? _pending;

    protected AsyncFeed(Func<CancellationToken, IAsyncEnumerable<TRecord>> source, CancellationToken stop)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _records = source(_stop.Token).GetAsyncEnumerator(_stop.Token);
    }

    public override FeedStatus TryPush()
    {
        if (_pending is null)
        {
            ValueTask<bool> next = _records.MoveNextAsync();
            if (next.IsCompletedSuccessfully)
            {
                return next.Result ? Take(_records.Current) : FeedStatus.Ended;
            }

            _pending = next.AsTask();
        }

        if (!_pending.IsCompleted)
        {
            return FeedStatus.Waits;
        }

        bool any = _pending.GetAwaiter().GetResult();
        _pending = null;
        return any ? Take(_records.Current) : FeedStatus.Ended;
    }

    public override async ValueTask WaitAsync()
    {
        if (_pending is { } pending)
        {
            await pending.ConfigureAwait(false);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        // An enumerator may not be disposed while it moves: a run that fails while the source waits ends that wait first.
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_pending is { } pending)
        {
            await ((Task)pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await _records.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    protected abstract FeedStatus Take(TRecord record);
}

internal sealed class AsyncEnumerableFeed<T>(IAsyncEnumerable<T> source, Stage<T> first, CancellationToken stop) : AsyncFeed<T>(_ => source, stop)
{
    protected override FeedStatus Take(T record)
    {
        first.Push(record);
        return FeedStatus.Pushed;
    }
}

internal sealed class SourceFeed<T> : AsyncFeed<StreamRecord<T>>
{
    private readonly Stage<T> _first;
    private readonly LogPosition? _endAfter;

    public SourceFeed(IStreamSource<T> source, Stage<T> first, StreamStart start)
        : base(stop => source.ReadAsync(start.After, stop), start.Stop)
    {
        _first = first;
        _endAfter = start.EndAfter;
        Position = start.After;
    }

    // Does not ask the source behind the end: it might wait there for ever.
    public override FeedStatus TryPush() => Position >= _endAfter ? FeedStatus.Ended : base.TryPush();

    protected override FeedStatus Take(StreamRecord<T> record)
    {
        if (record.Position <= Position)
        {
            throw new InvalidOperationException($"The source gave position {record.Position} after {Position}. Positions must rise, or a restart would lose or repeat items.");
        }

        if (record.Position > _endAfter)
        {
            return FeedStatus.Ended;
        }

        Position = record.Position;
        if (!record.HasItem)
        {
            return FeedStatus.Skipped;
        }

        _first.Push(record.Item);
        return FeedStatus.Pushed;
    }
}
