using DataIntensive.Internal;

namespace DataIntensive.Logs;

// Appends with an awaitable result. A caller that awaits each append before the next leads its own writes, without a thread
// hand-over; one that has results outstanding is pipelining, and must not be held up by a write. The count tells them apart.
internal sealed class LogAppender(ICommitLog log)
{
    private readonly CallOrder _order = new();
    private int _outstanding;

    public ValueTask<LogPosition> AppendAsync(LogBatch batch, Durability durability, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_order.IsFree && TryAppend(batch, durability, cancellationToken, out ValueTask<LogPosition> appended))
        {
            return appended;
        }

        // The caller may reuse the batch as soon as it has the task.
        return AppendWhenThereIsRoom(batch.Copy(), durability, cancellationToken);
    }

    public void ResultTaken() => Interlocked.Decrement(ref _outstanding);

    private bool TryAppend(LogBatch batch, Durability durability, CancellationToken cancellationToken, out ValueTask<LogPosition> appended)
    {
        AppendCompletion completion = AppendCompletion.Rent();
        bool lead = Interlocked.Increment(ref _outstanding) == 1;
        bool taken = false;
        try
        {
            completion.Start(this);
            completion.LeadingThread = lead ? Environment.CurrentManagedThreadId : 0;
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
        completion.LeadingThread = 0;
        return true;
    }

    private async ValueTask<LogPosition> AppendWhenThereIsRoom(LogBatch batch, Durability durability, CancellationToken cancellationToken)
    {
        ValueTask<LogPosition> appended;
        using (CallOrder.Place place = _order.LineUp())
        {
            await place.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            while (!TryAppend(batch, durability, cancellationToken, out appended))
            {
                await log.WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        return await appended.ConfigureAwait(false);
    }
}
