using DataIntensive.Consumers;
using DataIntensive.Diagnostics;
using DataIntensive.Events;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataIntensive;

public sealed partial class EventSubscription
{
    // Events of a transactional handler that wait for their transaction.
    private readonly List<RecordedEvent> _batch = [];
    private long _saved;
    private int _unsaved;
    private EventMetrics _metrics = EventMetrics.Of(null);
    private ILogger _logger = NullLogger.Instance;

    private TimeProvider Time => _options.TimeProvider ?? _durable?.State.Database.TimeProvider ?? TimeProvider.System;

    /// <summary>Handles what is there and then what comes, until cancelled or closed.</summary>
    /// <param name="cancellationToken">Ends it. The event that is being handled is told, too.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="SubscriptionHandlerException">The handler failed on an event as often as it may, and it parks none.</exception>
    /// <exception cref="TooManyDeadLettersException">It has parked as many events as it may.</exception>
    /// <exception cref="CheckpointAheadException">The event store was restored to an older state than the checkpoint's, or is another one.</exception>
    /// <exception cref="UnknownEventException">An event has a name that is not mapped.</exception>
    /// <exception cref="InvalidOperationException">
    /// It runs already, or another consumer of its name does, and it does not wait for that (<see cref="SubscriptionOptions.WaitsForName"/>).
    /// </exception>
    public Task RunAsync(CancellationToken cancellationToken = default) => RunAsync(follow: true, cancellationToken);

    /// <summary>Handles what is there, and returns when it has caught up.</summary>
    /// <inheritdoc cref="RunAsync(CancellationToken)"/>
    public Task RunToEndAsync(CancellationToken cancellationToken = default) => RunAsync(follow: false, cancellationToken);

    private async Task RunAsync(bool follow, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await ResolveAsync(cancellationToken).ConfigureAwait(false);
        using RunningConsumers.Lease lease = _options.WaitsForName
            ? await RunningConsumers.WaitAsync(_checkpoints, Name, cancellationToken).ConfigureAwait(false)
            : RunningConsumers.Acquire(_checkpoints, Name);
        _failure = null;
        _batch.Clear();
        _unsaved = 0;
        _status = (int)SubscriptionStatus.CatchingUp;
        try
        {
            await BeginAsync(cancellationToken).ConfigureAwait(false);
            _metrics.Add(this);
            SubscribeOptions options = new() { After = Position, Unknown = _options.Unknown };
            IAsyncEnumerable<SubscriptionStep> steps = _store.SubscribeAsync(_query, options, cancellationToken);
            await (IsGroup ? RunGroupAsync(steps, follow, cancellationToken) : RunInOrderAsync(steps, follow, cancellationToken)).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            await EndAsync(exception, cancellationToken).ConfigureAwait(false);
            throw;
        }
        finally
        {
            _metrics.Remove(this);
            _status = (int)SubscriptionStatus.Stopped;
            _waiters.Fail(this);
            await EndReplayingAsync().ConfigureAwait(false);
        }
    }

    private async Task RunInOrderAsync(IAsyncEnumerable<SubscriptionStep> steps, bool follow, CancellationToken cancellationToken)
    {
        await foreach (SubscriptionStep step in steps.ConfigureAwait(false))
        {
            using (await TurnAsync(cancellationToken).ConfigureAwait(false))
            {
                await TakeAsync(step, cancellationToken).ConfigureAwait(false);
            }

            if (!follow && step.IsCaughtUp)
            {
                break;
            }
        }
    }

    private async ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        await LoadMarksAsync(cancellationToken).ConfigureAwait(false);
        LogPosition saved = await _checkpoints.ReadAsync(Name, cancellationToken).ConfigureAwait(false);
        EventPosition head = await _store.HeadAsync(cancellationToken).ConfigureAwait(false);
        EventPosition position = saved == LogPosition.Start
            ? await StartAsync(head, cancellationToken).ConfigureAwait(false)
            : _durable?.State.HeadAt(saved) ?? new EventPosition(saved.Value);
        LogPosition end = _durable?.State.Database.Visible ?? new LogPosition(head.Value);
        if (saved > end)
        {
            throw new CheckpointAheadException(Name, saved, end);
        }

        Volatile.Write(ref _position, position.Value);
        Volatile.Write(ref _head, head.Value);
        _saved = position.Value;
        BeginReplaying();
    }

    // What is passed over at the first run stays so, also when the process ends before the first event comes.
    private async ValueTask<EventPosition> StartAsync(EventPosition head, CancellationToken cancellationToken)
    {
        EventPosition start =
            _options.Start.IsEnd ? head
            : _options.Start.Time is { } time ? await LastBeforeAsync(time, cancellationToken).ConfigureAwait(false)
            : _options.Start.Position;
        if (start > head)
        {
            throw new InvalidOperationException($"The subscription '{Name}' is to begin behind position {start}, and the newest event is at position {head}.");
        }

        if (start > EventPosition.Start)
        {
            await _checkpoints.SaveAsync(Name, MarkOf(start), cancellationToken).ConfigureAwait(false);
        }

        return start;
    }

    private async ValueTask TakeAsync(SubscriptionStep step, CancellationToken cancellationToken)
    {
        if (step.Event is { } recorded)
        {
            if (_handler is null)
            {
                // Between the events of one upcast there is no place to come back to: they are one transaction.
                _batch.Add(recorded);
            }
            else
            {
                await HandleAsync(recorded, MarkOf(step), cancellationToken).ConfigureAwait(false);
                _unsaved++;
            }
        }

        bool isWhole = step.Event is null || step.Position >= step.Event.Position;
        bool isMuch = Math.Max(_batch.Count, _unsaved) >= _options.EventsPerCheckpoint;
        if (_batch.Count > 0 && isWhole && (isMuch || step.IsCaughtUp))
        {
            await CommitBatchAsync(step, cancellationToken).ConfigureAwait(false);
        }
        else if (_batch.Count == 0)
        {
            // What was handled is saved when nothing more is there; and many events of others are, so that they need not be passed again.
            bool isFar = step.Position.Value - _saved >= _options.ForeignPositionsPerCheckpoint;
            await MoveAsync(step, saves: isMuch || isFar || (_unsaved > 0 && step.IsCaughtUp), cancellationToken).ConfigureAwait(false);
        }

        TellWhenCaughtUp(step.IsCaughtUp, step.Position);
    }

    // What has come since the step was made counts too.
    private void TellWhenCaughtUp(bool isCaughtUp, EventPosition position)
    {
        if (isCaughtUp && Status == SubscriptionStatus.CatchingUp && Volatile.Read(ref _head) - Position.Value < _options.FellBehindAt)
        {
            _status = (int)SubscriptionStatus.Live;
            _options.CaughtUp?.Invoke(position);
        }
    }

    private async ValueTask MoveAsync(SubscriptionStep step, bool saves, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _position, step.Position.Value);
        if (saves && step.Position.Value > _saved)
        {
            await _checkpoints.SaveAsync(Name, MarkOf(step), cancellationToken).ConfigureAwait(false);
            IsSaved(step);
        }

        _waiters.Release(step.Position);
        await LookAheadAsync(cancellationToken).ConfigureAwait(false);
    }

    private void IsSaved(in SubscriptionStep step)
    {
        _saved = step.Position.Value;
        _unsaved = 0;
    }

    private async ValueTask LookAheadAsync(CancellationToken cancellationToken)
    {
        EventPosition head = await _store.HeadAsync(cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _head, head.Value);
        long lag = head.Value - Position.Value;
        if (lag >= _options.FellBehindAt && Status == SubscriptionStatus.Live)
        {
            _status = (int)SubscriptionStatus.CatchingUp;
            _options.FellBehind?.Invoke(Position, lag);
        }
    }

    // What was handled is saved as far as that goes, so that little comes again; what is lost with it is only that.
    private async ValueTask EndAsync(Exception cause, CancellationToken cancellationToken)
    {
        if (cause is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            _failure = cause;
            LogMessages.SubscriptionStopped(_logger, Name, Position.Value, cause);
        }

        if (_unsaved == 0)
        {
            return;
        }

        try
        {
            await _checkpoints.SaveAsync(Name, MarkOf(Position), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            LogMessages.SubscriptionNotSaved(_logger, Name, exception);
        }
    }
}
