namespace DataIntensive.Consumers;

internal sealed class DatabaseConsumerMarks(DatabaseCheckpointStore checkpoints) : IConsumerMarks
{
    // Names that begin with $ are the library's own.
    public const string StoreName = "$consumer-marks";

    private readonly DatabaseStore<ConsumerPlace, DeadLetter?> _marks = checkpoints.Database.Store<ConsumerPlace, DeadLetter?>(StoreName);

    // In the sequencer, where what is not durable yet is seen, and waited for.
    public async ValueTask<IReadOnlyList<ConsumerMark>> LoadAsync(string consumer, bool forgets, CancellationToken cancellationToken) =>
        await checkpoints.Database.ExecuteAsync(
            transaction =>
            {
                LogPosition checkpoint = checkpoints.Read(transaction, consumer);
                List<ConsumerMark> marks = [];
                foreach ((ConsumerPlace place, StoreEntry<DeadLetter?> entry) in All(transaction, consumer))
                {
                    if (!forgets || entry.Value is not null || place.Position > checkpoint)
                    {
                        marks.Add(new ConsumerMark(place.Position, LetterOf(place, entry)));
                    }
                    else
                    {
                        _marks.In(transaction).Delete(place);
                    }
                }

                return marks;
            },
            cancellationToken: cancellationToken).ConfigureAwait(false);

    public async ValueTask SaveAsync(string consumer, LogPosition checkpoint, IReadOnlyCollection<LogPosition> passed, IReadOnlyCollection<LogPosition> finished, CancellationToken cancellationToken) =>
        await checkpoints.Database.ExecuteAsync(
            transaction =>
            {
                checkpoints.Save(transaction, consumer, checkpoint);
                StoreTransaction<ConsumerPlace, DeadLetter?> marks = _marks.In(transaction);
                foreach (LogPosition position in passed)
                {
                    ConsumerPlace place = new(consumer, position);
                    if (marks.Read(place) is { Exists: true, Value: null })
                    {
                        marks.Delete(place);
                    }
                }

                foreach (LogPosition position in finished)
                {
                    Finish(transaction, consumer, position);
                }
            },
            cancellationToken: cancellationToken).ConfigureAwait(false);

    public async ValueTask<bool> ParkAsync(DeadLetter letter, LogPosition checkpoint, CancellationToken cancellationToken) =>
        await checkpoints.Database.ExecuteAsync(
            transaction =>
            {
                checkpoints.Save(transaction, letter.Consumer, checkpoint);
                return Park(transaction, letter);
            },
            cancellationToken: cancellationToken).ConfigureAwait(false);

    public async ValueTask ReplaceAsync(DeadLetter letter, CancellationToken cancellationToken) =>
        await checkpoints.Database.ExecuteAsync(
            transaction =>
            {
                if (IsParked(transaction, letter.Consumer, letter.Position))
                {
                    _marks.In(transaction).Write(new ConsumerPlace(letter.Consumer, letter.Position), letter);
                }
            },
            cancellationToken: cancellationToken).ConfigureAwait(false);

    public async ValueTask<bool> RemoveAsync(string consumer, LogPosition position, CancellationToken cancellationToken) =>
        await checkpoints.Database.ExecuteAsync(transaction => Remove(transaction, consumer, position), cancellationToken: cancellationToken).ConfigureAwait(false);

    public IReadOnlyList<DeadLetter> ReadPage(DeadLetter? after, int count)
    {
        ConsumerPlace? last = after is null ? null : new ConsumerPlace(after.Consumer, after.Position);
        List<DeadLetter> letters = [];
        while (letters.Count < count)
        {
            KeyRange<ConsumerPlace> range = last is { } place ? KeyRange.All<ConsumerPlace>().After(place) : default;
            IReadOnlyList<KeyValuePair<ConsumerPlace, StoreEntry<DeadLetter?>>> page = checkpoints.Database.Read(transaction => _marks.In(transaction).ReadRange(range, count));
            letters.AddRange(page.Select(entry => LetterOf(entry.Key, entry.Value)).OfType<DeadLetter>());
            if (page.Count < count)
            {
                break;
            }

            last = page[^1].Key;
        }

        return letters;
    }

    // Whether it is finished or parked, so that its handler is not to run.
    public bool IsMarked(DatabaseTransaction transaction, string consumer, LogPosition position) =>
        _marks.In(transaction).Read(new ConsumerPlace(consumer, position)).Exists;

    public bool IsParked(DatabaseTransaction transaction, string consumer, LogPosition position) =>
        _marks.In(transaction).Read(new ConsumerPlace(consumer, position)).Value is not null;

    public void Finish(DatabaseTransaction transaction, string consumer, LogPosition position) =>
        _marks.In(transaction).Write(new ConsumerPlace(consumer, position), null);

    public bool Park(DatabaseTransaction transaction, DeadLetter letter)
    {
        StoreTransaction<ConsumerPlace, DeadLetter?> marks = _marks.In(transaction);
        ConsumerPlace place = new(letter.Consumer, letter.Position);
        StoreEntry<DeadLetter?> mark = marks.Read(place);
        if (!mark.Exists)
        {
            marks.Write(place, letter);
        }

        return !mark.Exists || mark.Value is not null;
    }

    // Before the checkpoint nothing of it is needed any more. Behind it, it must not come again.
    public bool Remove(DatabaseTransaction transaction, string consumer, LogPosition position)
    {
        if (!IsParked(transaction, consumer, position))
        {
            return false;
        }

        if (position > checkpoints.Read(transaction, consumer))
        {
            Finish(transaction, consumer, position);
            return true;
        }

        return _marks.In(transaction).Delete(new ConsumerPlace(consumer, position));
    }

    // Dead letters too, unless they are to stay.
    public void Forget(DatabaseTransaction transaction, string consumer, bool withLetters)
    {
        foreach ((ConsumerPlace place, StoreEntry<DeadLetter?> entry) in All(transaction, consumer))
        {
            if (withLetters || entry.Value is null)
            {
                _marks.In(transaction).Delete(place);
            }
        }
    }

    private IReadOnlyList<KeyValuePair<ConsumerPlace, StoreEntry<DeadLetter?>>> All(DatabaseTransaction transaction, string consumer) =>
        _marks.In(transaction).ReadRange(ConsumerPlace.AllOf(consumer), int.MaxValue);

    private static DeadLetter? LetterOf(ConsumerPlace place, StoreEntry<DeadLetter?> entry) =>
        entry.Value is { } letter ? letter with { Consumer = place.Consumer, Position = place.Position } : null;
}
