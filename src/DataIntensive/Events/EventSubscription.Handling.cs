using System.Diagnostics;
using System.Runtime.ExceptionServices;
using DataIntensive.Diagnostics;
using DataIntensive.Events;

namespace DataIntensive;

public sealed partial class EventSubscription
{
    private async ValueTask HandleAsync(RecordedEvent recorded, LogPosition mark, CancellationToken cancellationToken)
    {
        if (IsThrough(recorded))
        {
            return;
        }

        if (IsHeldBack(recorded))
        {
            await ParkAsync(recorded, KeyOf(recorded), mark, attempts: 0, cause: null, cancellationToken).ConfigureAwait(false);
            return;
        }

        for (int attempt = 1; ; attempt++)
        {
            try
            {
                using Activity? activity = StartActivity(recorded);
                await _handler!(recorded, cancellationToken).ConfigureAwait(false);
                Handle(1);
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception exception)
            {
                if (!await WaitToRetryAsync(recorded, attempt, exception, cancellationToken).ConfigureAwait(false))
                {
                    await ParkAsync(recorded, KeyOf(recorded), mark, attempt, exception, cancellationToken).ConfigureAwait(false);
                    return;
                }
            }
        }
    }

    // Up to a step, with its checkpoint, as one. When that fails, stored event by stored event, so that those before the one at fault are
    // kept and that one is known.
    private async ValueTask CommitBatchAsync(SubscriptionStep step, CancellationToken cancellationToken)
    {
        try
        {
            await CommitAsync(_batch, MarkOf(step), cancellationToken).ConfigureAwait(false);
        }
        catch (HandlerFailure) when (_batch[0].Position < _batch[^1].Position)
        {
            foreach (IGrouping<EventPosition, RecordedEvent> stored in _batch.GroupBy(recorded => recorded.Position).ToList())
            {
                await CommitAloneAsync([.. stored], MarkOf(stored.First()), cancellationToken).ConfigureAwait(false);
                Volatile.Write(ref _position, stored.Key.Value);
            }
        }
        catch (HandlerFailure)
        {
            await CommitAloneAsync(_batch, MarkOf(step), cancellationToken).ConfigureAwait(false);
        }

        _batch.Clear();
        IsSaved(step);
        await MoveAsync(step, saves: false, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask CommitAloneAsync(List<RecordedEvent> events, LogPosition mark, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await CommitAsync(events, mark, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (HandlerFailure failure) when (failure.InnerException is TooManyDeadLettersException)
            {
                ExceptionDispatchInfo.Throw(failure.InnerException);
            }
            catch (HandlerFailure failure)
            {
                if (!await WaitToRetryAsync(failure.Event, attempt, failure.InnerException!, cancellationToken).ConfigureAwait(false))
                {
                    await ParkAsync(failure.Event, KeyOf(failure.Event), mark, attempt, failure.InnerException!, cancellationToken).ConfigureAwait(false);
                    return;
                }
            }
        }
    }

    // The checkpoint is read here again because a run that was cancelled while its commit was under way may have left one that was not
    // visible yet when this run began.
    private async ValueTask CommitAsync(List<RecordedEvent> events, LogPosition mark, CancellationToken cancellationToken)
    {
        DatabaseCheckpointStore checkpoints = (DatabaseCheckpointStore)_checkpoints;
        (int handled, int parked) = await checkpoints.Database.ExecuteAsync(
            transaction =>
            {
                LogPosition saved = checkpoints.Read(transaction, Name);
                int handled = 0;
                int parked = 0;
                foreach (RecordedEvent recorded in events.Where(recorded => MarkOf(recorded) > saved && !IsThrough(recorded)))
                {
                    if (IsHeldBack(recorded))
                    {
                        parked += ParkBehindIn(transaction, checkpoints, recorded) ? 1 : 0;
                    }
                    else
                    {
                        HandleIn(transaction, recorded);
                        handled++;
                    }
                }

                checkpoints.Save(transaction, Name, mark);
                return (handled, parked);
            },
            cancellationToken: cancellationToken).ConfigureAwait(false);
        Handle(handled);
        _metrics.Parked.Add(parked, Tag);
    }

    private void HandleIn(DatabaseTransaction transaction, RecordedEvent recorded)
    {
        using Activity? activity = StartActivity(recorded);
        try
        {
            _transactionalHandler!(transaction, recorded);
        }
        catch (Exception exception)
        {
            throw new HandlerFailure(recorded, exception);
        }
    }

    // False: it is to be parked.
    private async ValueTask<bool> WaitToRetryAsync(RecordedEvent recorded, int attempt, Exception cause, CancellationToken cancellationToken)
    {
        if (!MayRetry(recorded, attempt, cause))
        {
            return false;
        }

        await Task.Delay(_options.DelayBefore(attempt + 1), Time, cancellationToken).ConfigureAwait(false);
        _metrics.Redelivered.Add(1, Tag);
        return true;
    }

    private bool MayRetry(RecordedEvent recorded, int attempt, Exception cause)
    {
        _metrics.Failures.Add(1, Tag);
        if (attempt >= _options.MaxAttempts)
        {
            return _options.Poison == PoisonEvents.Stop ? throw new SubscriptionHandlerException(Name, recorded, attempt, cause) : false;
        }

        LogMessages.SubscriptionRetries(_logger, Name, recorded.Position.Value, attempt, cause);
        return true;
    }

    private void Handle(int count)
    {
        Interlocked.Add(ref _handled, count);
        _metrics.Handled.Add(count, Tag);
    }

    // Linked with the span that the event was appended in, and no child of it: that one may have ended long ago.
    private Activity? StartActivity(RecordedEvent recorded)
    {
        if (!Telemetry.Source.HasListeners())
        {
            return null;
        }

        ActivityLink[] links = ActivityContext.TryParse(recorded.Metadata.TraceParent, null, isRemote: true, out ActivityContext producer) ? [new ActivityLink(producer)] : [];
        return Telemetry.Source.StartActivity(
            ActivityKind.Consumer,
            tags:
            [
                new(Telemetry.SubscriptionTag, Name),
                new(Telemetry.EventNameTag, recorded.Name),
                new(Telemetry.EventPositionTag, recorded.Position.Value),
            ],
            links: links,
            name: Telemetry.HandleActivity);
    }
}
