namespace DataIntensive.Logs;

// Appends with an awaitable result. A caller that awaits each append before the next leads its own writes, without a thread
// hand-over; one that has results outstanding is pipelining, and must not be held up by a write. The count tells them apart.
internal sealed class LogAppender(ICommitLog log) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private readonly Queue<WaitingAppend> _line = new();
    private readonly LogBatchPool _batches = new();
    private int _inLine;
    private int _outstanding;

    public ValueTask<LogPosition> AppendAsync(LogBatch batch, Durability durability, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        cancellationToken.ThrowIfCancellationRequested();
        return Volatile.Read(ref _inLine) == 0 && TryAppend(batch, durability, cancellationToken, out ValueTask<LogPosition> appended)
            ? appended
            : LineUp(batch, durability, cancellationToken);
    }

    public ValueTask<LogPosition> AppendAsync(ReadOnlySpan<byte> record, Durability durability, CancellationToken cancellationToken)
    {
        LogBatch batch = _batches.Rent();
        try
        {
            return AppendAsync(batch.Add(0, record), durability, cancellationToken);
        }
        finally
        {
            _batches.Return(batch);
        }
    }

    public void ResultTaken() => Interlocked.Decrement(ref _outstanding);

    void IThreadPoolWorkItem.Execute() => _ = AppendLineAsync();

    private bool TryAppend(LogBatch batch, Durability durability, CancellationToken cancellationToken, out ValueTask<LogPosition> appended)
    {
        AppendCompletion completion = AppendCompletion.Rent();
        bool lead = Interlocked.Increment(ref _outstanding) == 1;
        bool taken = false;
        try
        {
            completion.Start(this);
            taken = log.TryAppend(batch, durability, completion, out _);
        }
        finally
        {
            if (!taken)
            {
                ResultTaken();
                completion.Abandon();
            }
        }

        if (!taken)
        {
            appended = default;
            return false;
        }

        appended = completion.Task;
        completion.CancelWith(cancellationToken);
        log.Push(lead);
        return true;
    }

    // Behind all who wait for room already, so that the order of calls is kept.
    private ValueTask<LogPosition> LineUp(LogBatch batch, Durability durability, CancellationToken cancellationToken)
    {
        // The caller may reuse the batch as soon as it has the task.
        LogBatch copy = _batches.Rent();
        batch.CopyTo(copy);
        AppendCompletion completion = AppendCompletion.Rent();
        Interlocked.Increment(ref _outstanding);
        completion.Start(this);
        ValueTask<LogPosition> appended = completion.Task;
        completion.CancelWith(cancellationToken);
        bool isFirst;
        lock (_gate)
        {
            _line.Enqueue(new WaitingAppend(copy, durability, completion, cancellationToken));
            isFirst = _inLine++ == 0;
        }

        if (isFirst)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        return appended;
    }

    // One at a time appends for all that are in line, in their order: handing the turn from caller to caller would be slower than
    // callers come, and the line would never end.
    private async Task AppendLineAsync()
    {
        WaitingAppend next = FirstInLine();
        do
        {
            bool taken = false;
            try
            {
                next.CancellationToken.ThrowIfCancellationRequested();
                while (!log.TryAppend(next.Batch, next.Durability, next.Completion, out _))
                {
                    // Who stops waiting meanwhile is told at once; its place in line goes when there is room.
                    await log.WaitForRoomAsync(CancellationToken.None).ConfigureAwait(false);
                    next.CancellationToken.ThrowIfCancellationRequested();
                }

                taken = true;
            }
            catch (Exception failure)
            {
                next.Completion.Fail(failure);
            }

            if (taken)
            {
                log.Push(lead: false);
            }

            _batches.Return(next.Batch);
        }
        while (TryStepForward(out next));
    }

    private WaitingAppend FirstInLine()
    {
        lock (_gate)
        {
            return _line.Peek();
        }
    }

    private bool TryStepForward(out WaitingAppend next)
    {
        lock (_gate)
        {
            _line.Dequeue();
            Volatile.Write(ref _inLine, _inLine - 1);
            return _line.TryPeek(out next);
        }
    }

    private readonly record struct WaitingAppend(LogBatch Batch, Durability Durability, AppendCompletion Completion, CancellationToken CancellationToken);
}
