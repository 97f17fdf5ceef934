using System.Diagnostics;
using DataIntensive.Events;

namespace DataIntensive;

public sealed partial class EventSubscription
{
    private int _givenUp;

    // Null: it is handled, by this attempt or by one that was given up before. Otherwise what the handler threw. What a commit throws, or the
    // cancelled token, is thrown.
    private async ValueTask<Exception?> AttemptAsync(Delivery delivery, bool isReplay, CancellationToken cancellationToken)
    {
        DeliveryAttempt attempt = new();
        if (_options.HandlerTimeout == Timeout.InfiniteTimeSpan || _transactionalHandler is not null)
        {
            return await CompleteAsync(HandleAsync(delivery, attempt, isReplay, cancellationToken).AsTask(), cancellationToken).ConfigureAwait(false);
        }

        // On a thread of its own, so that one that blocks holds up nobody else. Whoever stops the run waits for it, as long as it may take.
        CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task handling = Task.Run(() => HandleAsync(delivery, attempt, isReplay, stop.Token).AsTask(), CancellationToken.None);
        using (CancellationTokenSource inTime = new())
        {
            if (await Task.WhenAny(handling, Task.Delay(_options.HandlerTimeout, Time, inTime.Token)).ConfigureAwait(false) == handling)
            {
                await inTime.CancelAsync().ConfigureAwait(false);
                stop.Dispose();
                return await CompleteAsync(handling, cancellationToken).ConfigureAwait(false);
            }
        }

        attempt.GiveUp();
        GiveUp(handling, stop);
        _metrics.Timeouts.Add(1, Tag);
        TimeoutException timeout = new($"The handler did not end within {_options.HandlerTimeout}.");
        return Volatile.Read(ref _givenUp) > _options.Members
            ? throw new SubscriptionHandlerException(Name, delivery.First, delivery.Failures + 1, new TimeoutException($"More handlers than there are members took longer than {_options.HandlerTimeout} and still run.", timeout))
            : timeout;
    }

    private static async ValueTask<Exception?> CompleteAsync(Task handling, CancellationToken cancellationToken)
    {
        try
        {
            await handling.ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (HandlerFailure failure)
        {
            return failure.InnerException;
        }
        catch (Exception exception) when (exception is TransactionConflictException or SnapshotTooOldException)
        {
            // Of the handler's own doing: it took long, or reads what others write all the time.
            return exception;
        }
    }

    // It is told, and counted until it ends; what it throws by then is nobody's concern.
    private void GiveUp(Task handling, CancellationTokenSource stop)
    {
        Interlocked.Increment(ref _givenUp);
        _ = stop.CancelAsync();
        _ = handling.ContinueWith(
            task =>
            {
                _ = task.Exception;
                Interlocked.Decrement(ref _givenUp);
                stop.Dispose();
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private ValueTask HandleAsync(Delivery delivery, DeliveryAttempt attempt, bool isReplay, CancellationToken cancellationToken) =>
        _handler is not null ? HandleElsewhereAsync(delivery, attempt, cancellationToken)
        : _transactionalHandler is not null ? HandleInSequencerAsync(delivery, isReplay, cancellationToken)
        : HandleInTransactionAsync(delivery, attempt, isReplay, cancellationToken);

    private async ValueTask HandleElsewhereAsync(Delivery delivery, DeliveryAttempt attempt, CancellationToken cancellationToken)
    {
        foreach (RecordedEvent recorded in delivery.Events)
        {
            using Activity? activity = StartActivity(recorded);
            try
            {
                await _handler!(recorded, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                throw new HandlerFailure(recorded, exception);
            }

            attempt.ThrowIfGivenUp();
        }

        Handle(delivery.Events.Count);
    }

    private async ValueTask HandleInSequencerAsync(Delivery delivery, bool isReplay, CancellationToken cancellationToken)
    {
        DatabaseCheckpointStore checkpoints = (DatabaseCheckpointStore)_checkpoints;
        bool handled = await checkpoints.Database.ExecuteAsync(
            transaction =>
            {
                if (IsDoneIn(transaction, checkpoints, delivery, isReplay))
                {
                    return false;
                }

                foreach (RecordedEvent recorded in delivery.Events)
                {
                    HandleIn(transaction, recorded);
                }

                FinishIn(transaction, checkpoints, delivery, isReplay);
                return true;
            },
            cancellationToken: cancellationToken).ConfigureAwait(false);
        Handle(handled ? delivery.Events.Count : 0);
    }

    // Two attempts at one delivery read and write the mark of the event, so only one of them is committed. Whether it was given up is asked
    // when its snapshot is open: whatever is committed for the next attempt then is a conflict.
    private async ValueTask HandleInTransactionAsync(Delivery delivery, DeliveryAttempt attempt, bool isReplay, CancellationToken cancellationToken)
    {
        DatabaseCheckpointStore checkpoints = (DatabaseCheckpointStore)_checkpoints;
        bool handled = await checkpoints.Database.TransactAsync(
            async transaction =>
            {
                attempt.ThrowIfGivenUp();
                if (IsDoneIn(transaction, checkpoints, delivery, isReplay))
                {
                    return false;
                }

                foreach (RecordedEvent recorded in delivery.Events)
                {
                    using Activity? activity = StartActivity(recorded);
                    try
                    {
                        await _asyncTransactionalHandler!(transaction, recorded, cancellationToken).ConfigureAwait(false);
                    }
                    catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
                    {
                        throw new HandlerFailure(recorded, exception);
                    }
                }

                attempt.ThrowIfGivenUp();
                FinishIn(transaction, checkpoints, delivery, isReplay);
                return true;
            },
            cancellationToken: cancellationToken).ConfigureAwait(false);
        Handle(handled ? delivery.Events.Count : 0);
    }

    // Asked of the commits that are under way too. The checkpoint is read past the transaction: it moves all the time, and is no conflict.
    private bool IsDoneIn(DatabaseTransaction transaction, DatabaseCheckpointStore checkpoints, Delivery delivery, bool isReplay) =>
        isReplay
            ? !checkpoints.Marks.IsParked(transaction, Name, delivery.Mark)
            : checkpoints.Marks.IsMarked(transaction, Name, delivery.Mark) || checkpoints.Read(Name) >= delivery.Mark;

    private void FinishIn(DatabaseTransaction transaction, DatabaseCheckpointStore checkpoints, Delivery delivery, bool isReplay)
    {
        if (isReplay)
        {
            checkpoints.Marks.Remove(transaction, Name, delivery.Mark);
        }
        else
        {
            checkpoints.Marks.Finish(transaction, Name, delivery.Mark);
        }
    }
}
