namespace DataIntensive.Stores;

internal sealed partial class StoreChanges<TKey, TValue>
{
    private bool _readAll;

    // All keys with what this transaction wrote. It counts as a read of every key, also of those that are not there: a key that
    // somebody adds meanwhile is a conflict.
    public List<KeyValuePair<TKey, StoreEntry<TValue>>> ReadAll()
    {
        transaction.ThrowIfDone();
        List<KeyValuePair<TKey, StoreEntry<TValue>>> entries = [];
        foreach (KeyValuePair<TKey, StoreEntry<TValue>> entry in state.AllAt(transaction.Snapshot.Value))
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

        transaction.ThrowIfExpired();
        if (transaction.IsSequenced)
        {
            transaction.DependOn(state.NewestChange);
        }

        _readAll = true;
        return entries;
    }

    private TransactionConflict? ConflictOverAll_NeedsSequencer(LogPosition snapshot) =>
        _readAll && state.NewestChange > snapshot ? new TransactionConflict(state.ToString(), "(any key)", state.NewestChange) : null;
}
