using DataIntensive.Consumers;
using DataIntensive.Diagnostics;
using DataIntensive.Events;

namespace DataIntensive;

public sealed partial class EventSubscription
{
    private readonly ParkedKeys _parked;
    private readonly HashSet<LogPosition> _ahead = [];

    internal int ParkedCount => _parked.Count;

    private KeyValuePair<string, object?> Tag => new(Telemetry.SubscriptionTag, Name);

    // Null when the checkpoints are of a kind that has none.
    private IConsumerMarks? Marks => _checkpoints switch
    {
        DatabaseCheckpointStore durable => durable.Marks,
        InMemoryCheckpointStore memory => memory.Marks,
        _ => null,
    };

    private async ValueTask LoadMarksAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<ConsumerMark> marks = Marks is null ? [] : await Marks.LoadAsync(Name, forgets: true, cancellationToken).ConfigureAwait(false);
        _parked.Load(marks.Select(mark => mark.Letter).OfType<DeadLetter>());
        _ahead.Clear();
        _ahead.UnionWith(marks.Where(mark => mark.Letter is null).Select(mark => mark.Position));
    }

    private string KeyOf(RecordedEvent recorded) =>
        _options.KeyOf is null ? recorded.Stream.Value
        : _options.KeyOf(recorded) ?? throw new InvalidOperationException($"{nameof(SubscriptionOptions)}.{nameof(SubscriptionOptions.KeyOf)} gave null for the event at position {recorded.Position}.");

    // Finished by a member of a group before the checkpoint came there.
    private bool IsThrough(RecordedEvent recorded) => _ahead.Count > 0 && _ahead.Contains(MarkOf(recorded));

    // Parked already, or one before it is.
    private bool IsHeldBack(RecordedEvent recorded) => _parked.Count > 0 && _parked.Holds(KeyOf(recorded), MarkOf(recorded));

    private DeadLetter LetterOf(RecordedEvent recorded, string key, int attempts, Exception? cause)
    {
        DeadLetter letter = new(Name, MarkOf(recorded), key, recorded.Stream.Value, recorded.Name, Attempts: 0, "", "An earlier one of its key is parked.", Time.GetUtcNow());
        return cause is null ? letter : letter.After(attempts, cause, letter.Time);
    }

    // With a checkpoint, default for none. Whoever was given up may have finished the event meanwhile: then it is not parked.
    private async ValueTask ParkAsync(RecordedEvent recorded, string key, LogPosition checkpoint, int attempts, Exception? cause, CancellationToken cancellationToken)
    {
        DeadLetter letter = LetterOf(recorded, key, attempts, cause);
        bool isNew = _parked.Add(letter, cause);
        if (!await Marks!.ParkAsync(letter, checkpoint, cancellationToken).ConfigureAwait(false))
        {
            _parked.Remove(letter.Position);
        }
        else if (isNew)
        {
            _metrics.Parked.Add(1, Tag);
            if (cause is not null)
            {
                LogMessages.SubscriptionParked(_logger, Name, recorded.Position.Value, recorded.Stream.Value, attempts, cause);
            }
        }
    }

    private bool ParkBehindIn(DatabaseTransaction transaction, DatabaseCheckpointStore checkpoints, RecordedEvent recorded)
    {
        DeadLetter letter = LetterOf(recorded, KeyOf(recorded), attempts: 0, cause: null);
        try
        {
            bool isNew = !checkpoints.Marks.IsMarked(transaction, Name, letter.Position);
            _parked.Add(letter, cause: null);
            checkpoints.Marks.Park(transaction, letter);
            return isNew;
        }
        catch (TooManyDeadLettersException exception)
        {
            // Those before it in the batch are kept.
            throw new HandlerFailure(recorded, exception);
        }
    }
}
