namespace DataIntensive.Stores;

// What a transaction writes, one entry per key in the order of their first writes. Most transactions write one key or a few: only more of
// them are worth a dictionary.
internal sealed partial class StoreChanges<TKey, TValue>
{
    private const int MostWithoutIndex = 4;

    private Write? _first;
    private Write? _last;
    private Write? _spareWrite;
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
    private Write WriteFor(TKey key)
    {
        if (WriteOf(key) is { } earlier)
        {
            return earlier;
        }

        Write write = _spareWrite ?? new Write();
        _spareWrite = null;
        write.Key = key;
        _last = _last is null ? _first = write : _last.Next = write;
        if (++_count > MostWithoutIndex)
        {
            _index ??= IndexOfAll();
            _index[key] = write;
        }

        return write;
    }

    // Of at most one.
    private void ForgetWrite()
    {
        if (_first is { } write)
        {
            write.Key = default!;
            write.Take(default, version: 0, record: 0, recordBytes: 0, deadlineTicks: 0);
            _spareWrite = write;
        }

        _first = null;
        _last = null;
        _count = 0;
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

    private sealed class Write
    {
        public TKey Key { get; set; } = default!;

        public TValue? Value { get; private set; }

        public bool Exists => Version != 0;

        // 0 after a delete.
        public long Version { get; private set; }

        // Its index in the transaction's batch.
        public int Record { get; private set; }

        // What its record takes in the log, from which the memory is reckoned.
        public int RecordBytes { get; private set; }

        public long DeadlineTicks { get; private set; }

        // Once it is staged.
        public LogPosition Position { get; set; }

        public int Hash { get; set; }

        public Write? Next { get; set; }

        public StoreEntry<TValue> Entry =>
            // Its revision is given at the commit: within the transaction it is told by the version alone.
            Exists ? new StoreEntry<TValue>(Value, new Revision(long.MaxValue), Version) { DeadlineTicks = DeadlineTicks } : default;

        public void Take(TValue? value, long version, int record, int recordBytes, long deadlineTicks)
        {
            (Value, Version, Record) = (value, version, record);
            (RecordBytes, DeadlineTicks) = (recordBytes, deadlineTicks);
        }
    }
}
