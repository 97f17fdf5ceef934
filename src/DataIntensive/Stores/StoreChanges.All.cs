namespace DataIntensive.Stores;

internal sealed partial class StoreChanges<TKey, TValue>
{
    private bool _readAll;

    // All keys with what this transaction wrote. It counts as a read of every key, also of those that are not there: a key that
    // somebody adds meanwhile is a conflict.
    public List<KeyValuePair<TKey, StoreEntry<TValue>>> ReadAll()
    {
        _transaction.ThrowIfDone();
        List<KeyValuePair<TKey, StoreEntry<TValue>>> entries = [];
        foreach (KeyValuePair<TKey, StoreEntry<TValue>> entry in _state.AllAt(_transaction.Snapshot.Value))
        {
            if (WriteOf(entry.Key) is null)
            {
                entries.Add(entry);
            }
        }

        for (Write? write = _first; write is not null; write = write.Next)
        {
            if (write.Exists)
            {
                entries.Add(new KeyValuePair<TKey, StoreEntry<TValue>>(write.Key, write.Entry));
            }
        }

        _transaction.ThrowIfExpired();
        if (_transaction.IsSequenced)
        {
            _transaction.DependOn(_state.NewestChange);
        }

        _readAll = true;
        return entries;
    }

    private TransactionConflict? ConflictOverAll_NeedsSequencer(LogPosition snapshot) =>
        _readAll && _state.NewestChange > snapshot ? new TransactionConflict(_state.ToString(), "(any key)", _state.NewestChange) : null;
}
