namespace DataIntensive.Stores;

internal sealed partial class StoreChanges<TKey, TValue>
{
    private List<KeyRange<TKey>>? _ranges;

    // A range with what this transaction wrote. It counts as a read of every key that there could be in what was looked through.
    public List<KeyValuePair<TKey, StoreEntry<TValue>>> ReadRange(KeyRange<TKey> range, int maxCount)
    {
        transaction.ThrowIfDone();
        ArgumentOutOfRangeException.ThrowIfLessThan(maxCount, 1);
        IComparer<TKey> order = state.OrderFor(range);
        List<KeyValuePair<TKey, StoreEntry<TValue>>> entries =
            [.. state.Within(range, transaction.Snapshot.Value).Where(entry => !_writes.ContainsKey(entry.Key)).Take(maxCount)];
        bool isCut = entries.Count == maxCount;
        foreach ((TKey key, Write write) in _writes)
        {
            if (write.Exists && range.Contains(key, order))
            {
                entries.Add(new KeyValuePair<TKey, StoreEntry<TValue>>(key, Read(key)));
            }
        }

        entries = [.. entries.OrderBy(entry => entry.Key, order).Take(maxCount)];
        transaction.ThrowIfExpired();
        if (transaction.IsSequenced)
        {
            transaction.DependOn(state.NewestChange);
        }
        else if (!transaction.IsReadOnly)
        {
            (_ranges ??= []).Add(isCut || entries.Count == maxCount ? range.Through(entries[^1].Key) : range);
        }

        return entries;
    }

    private TransactionConflict? ConflictInRanges_NeedsSequencer(LogPosition snapshot)
    {
        foreach (KeyRange<TKey> range in _ranges ?? [])
        {
            if (state.ChangeWithin_NeedsSequencer(range, snapshot) is var (key, position))
            {
                return new TransactionConflict(state.ToString(), key.ToString() ?? "", position);
            }
        }

        return null;
    }
}
