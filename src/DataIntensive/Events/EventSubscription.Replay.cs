using System.Runtime.CompilerServices;
using DataIntensive.Consumers;
using DataIntensive.Events;
using DataIntensive.Internal;

namespace DataIntensive;

public sealed partial class EventSubscription
{
    // Held while events are handled, by a run that may meet parked ones, and while parked ones are replayed.
    private readonly CallOrder _turns = new();
    private bool _takesTurns;
    private volatile bool _isRunning;

    /// <summary>Gives the parked events in order of their positions, as they are when the enumeration begins.</summary>
    /// <param name="key">Only those of one key, which is the stream unless the options say otherwise; null for all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<ParkedEvent> ReadParkedAsync(string? key = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await ResolveAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<ConsumerMark> marks = Marks is null ? [] : await Marks.LoadAsync(Name, forgets: false, cancellationToken).ConfigureAwait(false);
        foreach (DeadLetter letter in marks.Select(mark => mark.Letter).OfType<DeadLetter>().Where(letter => key is null || letter.Key == key))
        {
            List<RecordedEvent> events = await ReadStoredAsync(letter.Position, UnknownEvents.Raw, cancellationToken).ConfigureAwait(false);
            yield return new ParkedEvent(letter, PositionOf(letter.Position), events);
        }
    }

    /// <summary>
    /// Gives parked events to the handler again, once each, in order. One that is handled has its dead letter removed: by a transactional handler
    /// in the commit of its effects, so that it has them once. One that fails stays parked, and what is behind it with it.
    /// </summary>
    /// <param name="key">Only those of one key, which is the stream unless the options say otherwise; null for all.</param>
    /// <param name="cancellationToken">Ends it; what has been handled stays so.</param>
    /// <returns>What became of them.</returns>
    /// <remarks>When the subscription runs, that waits meanwhile, so that order is kept. Not to be called by its handler.</remarks>
    /// <exception cref="InvalidOperationException">Another consumer of its name runs.</exception>
    /// <exception cref="SubscriptionHandlerException">More handlers took too long, and still run, than it has members.</exception>
    public async ValueTask<ReplayedEvents> ReplayParkedAsync(string? key = null, CancellationToken cancellationToken = default)
    {
        using (await EnterAsync(cancellationToken).ConfigureAwait(false))
        {
            using RunningConsumers.Lease? lease = await ReplayingAsync(cancellationToken).ConfigureAwait(false);
            await WhenMembersAreIdleAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await ReplayAsync(key, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_isRunning)
            {
                // Whether the last one is still parked is not known: the run that goes on must know.
                await LoadMarksAsync(CancellationToken.None).ConfigureAwait(false);
                throw;
            }
        }
    }

    /// <summary>Gives up on a parked event: its dead letter is removed, and it is never handled. What is behind it stays parked.</summary>
    /// <param name="position">The position of the event.</param>
    /// <param name="cancellationToken">Stops the waiting; it never un-writes.</param>
    /// <returns>False when it is not parked.</returns>
    /// <exception cref="InvalidOperationException">Another consumer of its name runs.</exception>
    public async ValueTask<bool> DiscardParkedAsync(EventPosition position, CancellationToken cancellationToken = default)
    {
        using (await EnterAsync(cancellationToken).ConfigureAwait(false))
        {
            using RunningConsumers.Lease? lease = await ReplayingAsync(cancellationToken).ConfigureAwait(false);
            DeadLetter? letter = _parked.All(key: null).FirstOrDefault(letter => PositionOf(letter.Position) == position);
            return letter is not null && await RemoveAsync(letter, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<ReplayedEvents> ReplayAsync(string? key, CancellationToken cancellationToken)
    {
        ReplayedEvents replayed = default;
        HashSet<string> failed = new(StringComparer.Ordinal);
        foreach (DeadLetter letter in _parked.All(key))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (failed.Contains(letter.Key) && _options.Poison != PoisonEvents.ParkAlone)
            {
                replayed = replayed with { Left = replayed.Left + 1 };
                continue;
            }

            List<RecordedEvent> events = await ReadStoredAsync(letter.Position, _options.Unknown, cancellationToken).ConfigureAwait(false);
            if (events.Count == 0)
            {
                await RemoveAsync(letter, cancellationToken).ConfigureAwait(false);
                replayed = replayed with { Gone = replayed.Gone + 1 };
            }
            else if (await AttemptAsync(new Delivery(letter.Key, letter.Key, events, letter.Position), isReplay: true, cancellationToken).ConfigureAwait(false) is { } failure)
            {
                await LeaveAsync(letter.After(letter.Attempts + 1, failure, Time.GetUtcNow()), cancellationToken).ConfigureAwait(false);
                failed.Add(letter.Key);
                replayed = replayed with { Left = replayed.Left + 1 };
            }
            else
            {
                // Of a transactional handler it is removed already.
                await RemoveAsync(letter, cancellationToken).ConfigureAwait(false);
                replayed = replayed with { Handled = replayed.Handled + 1 };
            }
        }

        return replayed;
    }

    private async ValueTask<bool> RemoveAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        bool removed = await Marks!.RemoveAsync(Name, letter.Position, cancellationToken).ConfigureAwait(false);
        _parked.Remove(letter.Position);
        return removed;
    }

    private async ValueTask LeaveAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        _metrics.Failures.Add(1, Tag);
        await Marks!.ReplaceAsync(letter, cancellationToken).ConfigureAwait(false);
        _parked.Replace(letter);
    }

    private async ValueTask<List<RecordedEvent>> ReadStoredAsync(LogPosition mark, UnknownEvents unknown, CancellationToken cancellationToken)
    {
        EventPosition position = PositionOf(mark);
        List<RecordedEvent> events = [];
        await foreach (RecordedEvent recorded in _store.ReadAsync(_query, new EventReadOptions { From = position, AsOf = position, IncludeArchived = true, Unknown = unknown }, cancellationToken).ConfigureAwait(false))
        {
            events.Add(recorded);
        }

        return events;
    }

    private EventPosition PositionOf(LogPosition mark) => _durable?.State.HeadAt(mark) ?? new EventPosition(mark.Value);

    // Under the name of the run, or of its own.
    private async ValueTask<RunningConsumers.Lease?> ReplayingAsync(CancellationToken cancellationToken)
    {
        if (_isRunning)
        {
            return null;
        }

        await ResolveAsync(cancellationToken).ConfigureAwait(false);
        RunningConsumers.Lease lease = RunningConsumers.Acquire(_checkpoints, Name);
        try
        {
            await LoadMarksAsync(cancellationToken).ConfigureAwait(false);
            return lease;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    // A run that parks nothing, and found nothing parked, need not be held up.
    private void BeginReplaying()
    {
        _takesTurns = _options.Poison != PoisonEvents.Stop || _parked.Count > 0;
        _isRunning = true;
    }

    // Whoever replays in the name of this run comes to an end first.
    private async ValueTask EndReplayingAsync()
    {
        using (await EnterAsync(CancellationToken.None).ConfigureAwait(false))
        {
            _isRunning = false;
        }
    }

    // Null when none is needed.
    private async ValueTask<CallOrder.Place?> TurnAsync(CancellationToken cancellationToken) =>
        _takesTurns ? await EnterAsync(cancellationToken).ConfigureAwait(false) : null;

    private async ValueTask<CallOrder.Place> EnterAsync(CancellationToken cancellationToken)
    {
        CallOrder.Place place = _turns.LineUp();
        try
        {
            await place.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            return place;
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }
}
