namespace DataIntensive.Stores;

// What a transaction writes, one entry per key in the order of their first writes. Most transactions write one key or a few: only more of
// them are worth a dictionary.
internal sealed partial class StoreChanges<TKey, TValue>
{
    private const int MostWithoutIndex = 4;

    private Write? _first;
    private Write? _last;
    private Dictionary<TKey, Write>? _index;
    private int _count;

    private Write? WriteOf(TKey key)
    {
        if (_index is not null)
        {
            return _index.GetValueOrDefault(key);
        }

        Write? write = _first;
        while (write is not null && !EqualityComparer<TKey>.Default.Equals(write.Key, key))
        {
            write = write.Next;
        }

        return write;
    }

    // A key that was written before keeps its place; what it held is replaced.
    private void Set(Write write)
    {
        if (WriteOf(write.Key) is { } earlier)
        {
            earlier.Take(write);
            return;
        }

        _last = _last is null ? _first = write : _last.Next = write;
        if (++_count > MostWithoutIndex)
        {
            _index ??= IndexOfAll();
            _index[write.Key] = write;
        }
    }

    private Dictionary<TKey, Write> IndexOfAll()
    {
        Dictionary<TKey, Write> index = [];
        for (Write? write = _first; write is not null; write = write.Next)
        {
            index[write.Key] = write;
        }

        return index;
    }

    private sealed class Write(TKey key, TValue? value, bool exists, long version, int record)
    {
        public TKey Key => key;

        public TValue? Value { get; private set; } = value;

        public bool Exists { get; private set; } = exists;

        // 0 after a delete.
        public long Version { get; private set; } = version;

        // Its index in the transaction's batch.
        public int Record { get; private set; } = record;

        // What its record takes in the log, from which the memory is reckoned.
        public int RecordBytes { get; set; }

        public long DeadlineTicks { get; set; }

        // Once it is staged.
        public LogPosition Position { get; set; }

        public int Hash { get; set; }

        public Write? Next { get; set; }

        public StoreEntry<TValue> Entry =>
            // Its revision is given at the commit: within the transaction it is told by the version alone.
            Exists ? new StoreEntry<TValue>(Value, new Revision(long.MaxValue), Version) { DeadlineTicks = DeadlineTicks } : default;

        public void Take(Write later)
        {
            (Value, Exists, Version, Record) = (later.Value, later.Exists, later.Version, later.Record);
            (RecordBytes, DeadlineTicks) = (later.RecordBytes, later.DeadlineTicks);
        }
    }
}
