namespace DataIntensive.Consumers;

// The dead letters of a consumer that runs, to be asked at each item. What is about to be parked is in here before it is committed: when
// that fails the consumer stops, and loads them again.
internal sealed class ParkedKeys(int limit, bool holdsBack)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<LogPosition, DeadLetter> _letters = [];
    private readonly Dictionary<string, SortedSet<LogPosition>> _byKey = new(StringComparer.Ordinal);
    private int _count;

    // Asked at every item, so without the lock.
    public int Count => Volatile.Read(ref _count);

    // Instead of what there was.
    public void Load(IEnumerable<DeadLetter> letters)
    {
        lock (_gate)
        {
            _letters.Clear();
            _byKey.Clear();
            Volatile.Write(ref _count, 0);
            foreach (DeadLetter letter in letters)
            {
                Set_NeedsLock(letter);
            }
        }
    }

    // Whether it is parked, or is to be because one before it is.
    public bool Holds(string key, LogPosition position)
    {
        lock (_gate)
        {
            return _byKey.TryGetValue(key, out SortedSet<LogPosition>? parked) && (holdsBack ? parked.Min <= position : parked.Contains(position));
        }
    }

    // In order, of one key or of all.
    public IReadOnlyList<DeadLetter> All(string? key)
    {
        lock (_gate)
        {
            return [.. _letters.Values.Where(letter => key is null || letter.Key == key)];
        }
    }

    // False when it is there already.
    public bool Add(DeadLetter letter, Exception? cause)
    {
        lock (_gate)
        {
            if (_letters.ContainsKey(letter.Position))
            {
                return false;
            }

            if (_letters.Count >= limit)
            {
                throw new TooManyDeadLettersException(letter, limit, cause);
            }

            Set_NeedsLock(letter);
            return true;
        }
    }

    public void Replace(DeadLetter letter)
    {
        lock (_gate)
        {
            _letters[letter.Position] = letter;
        }
    }

    public void Remove(LogPosition position)
    {
        lock (_gate)
        {
            if (_letters.Remove(position, out DeadLetter? letter) && _byKey[letter.Key] is var parked && parked.Remove(position) && parked.Count == 0)
            {
                _byKey.Remove(letter.Key);
            }

            Volatile.Write(ref _count, _letters.Count);
        }
    }

    private void Set_NeedsLock(DeadLetter letter)
    {
        _letters[letter.Position] = letter;
        if (!_byKey.TryGetValue(letter.Key, out SortedSet<LogPosition>? parked))
        {
            _byKey.Add(letter.Key, parked = []);
        }

        parked.Add(letter.Position);
        Volatile.Write(ref _count, _letters.Count);
    }
}
