namespace DataIntensive.Consumers;

internal sealed class InMemoryConsumerMarks(InMemoryCheckpointStore checkpoints) : IConsumerMarks
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SortedDictionary<LogPosition, DeadLetter?>> _byConsumer = new(StringComparer.Ordinal);

    public ValueTask<IReadOnlyList<ConsumerMark>> LoadAsync(string consumer, bool forgets, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ForgetFinished_NeedsLock(consumer, forgets ? checkpoints.Read(consumer) : default);
            return new ValueTask<IReadOnlyList<ConsumerMark>>([.. Of_NeedsLock(consumer).Select(mark => new ConsumerMark(mark.Key, mark.Value))]);
        }
    }

    public async ValueTask SaveAsync(string consumer, LogPosition checkpoint, IReadOnlyCollection<LogPosition> passed, IReadOnlyCollection<LogPosition> finished, CancellationToken cancellationToken)
    {
        await checkpoints.SaveAsync(consumer, checkpoint, cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            SortedDictionary<LogPosition, DeadLetter?> marks = Of_NeedsLock(consumer);
            foreach (LogPosition position in passed)
            {
                if (marks.TryGetValue(position, out DeadLetter? letter) && letter is null)
                {
                    marks.Remove(position);
                }
            }

            foreach (LogPosition position in finished)
            {
                marks[position] = null;
            }
        }
    }

    public async ValueTask<bool> ParkAsync(DeadLetter letter, LogPosition checkpoint, CancellationToken cancellationToken)
    {
        bool isParked;
        lock (_gate)
        {
            SortedDictionary<LogPosition, DeadLetter?> marks = Of_NeedsLock(letter.Consumer);
            isParked = marks.TryAdd(letter.Position, letter) || marks[letter.Position] is not null;
        }

        await checkpoints.SaveAsync(letter.Consumer, checkpoint, cancellationToken).ConfigureAwait(false);
        return isParked;
    }

    public ValueTask ReplaceAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (Of_NeedsLock(letter.Consumer).GetValueOrDefault(letter.Position) is not null)
            {
                Of_NeedsLock(letter.Consumer)[letter.Position] = letter;
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> RemoveAsync(string consumer, LogPosition position, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            SortedDictionary<LogPosition, DeadLetter?> marks = Of_NeedsLock(consumer);
            if (marks.GetValueOrDefault(position) is null)
            {
                return new ValueTask<bool>(false);
            }

            if (position > checkpoints.Read(consumer))
            {
                marks[position] = null;
            }
            else
            {
                marks.Remove(position);
            }

            return new ValueTask<bool>(true);
        }
    }

    public void ForgetFinished(string consumer)
    {
        lock (_gate)
        {
            ForgetFinished_NeedsLock(consumer, new LogPosition(long.MaxValue));
        }
    }

    private void ForgetFinished_NeedsLock(string consumer, LogPosition upTo)
    {
        SortedDictionary<LogPosition, DeadLetter?> marks = Of_NeedsLock(consumer);
        foreach (LogPosition position in marks.Where(mark => mark.Value is null && mark.Key <= upTo).Select(mark => mark.Key).ToList())
        {
            marks.Remove(position);
        }
    }

    private SortedDictionary<LogPosition, DeadLetter?> Of_NeedsLock(string consumer)
    {
        if (!_byConsumer.TryGetValue(consumer, out SortedDictionary<LogPosition, DeadLetter?>? marks))
        {
            _byConsumer.Add(consumer, marks = []);
        }

        return marks;
    }
}
