namespace DataIntensive.Stores;

internal sealed partial class StoreChanges<TKey, TValue>
{
    private List<KeyRange<TKey>>? _ranges;

    // A range with what this transaction wrote. It counts as a read of every key that there could be in what was looked through.
    public List<KeyValuePair<TKey, StoreEntry<TValue>>> ReadRange(KeyRange<TKey> range, int maxCount)
    {
        _transaction.ThrowIfDone();
        ArgumentOutOfRangeException.ThrowIfLessThan(maxCount, 1);
        IComparer<TKey> order = _state.OrderFor(range);
        List<KeyValuePair<TKey, StoreEntry<TValue>>> entries =
            [.. _state.Within(range, _transaction.Snapshot.Value).Where(entry => WriteOf(entry.Key) is null).Take(maxCount)];
        bool isCut = entries.Count == maxCount;
        for (Write? write = _first; write is not null; write = write.Next)
        {
            if (write.Exists && range.Contains(write.Key, order))
            {
                entries.Add(new KeyValuePair<TKey, StoreEntry<TValue>>(write.Key, write.Entry));
            }
        }

        entries = [.. entries.OrderBy(entry => entry.Key, order).Take(maxCount)];
        _transaction.ThrowIfExpired();
        if (_transaction.IsSequenced)
        {
            _transaction.DependOn(_state.NewestChange);
        }
        else if (!_transaction.IsReadOnly)
        {
            (_ranges ??= []).Add(isCut || entries.Count == maxCount ? range.Through(entries[^1].Key) : range);
        }

        return entries;
    }

    private TransactionConflict? ConflictInRanges_NeedsSequencer(LogPosition snapshot)
    {
        foreach (KeyRange<TKey> range in _ranges ?? [])
        {
            if (_state.ChangeWithin_NeedsSequencer(range, snapshot) is var (key, position))
            {
                return new TransactionConflict(_state.ToString(), key.ToString() ?? "", position);
            }
        }

        return null;
    }
}
