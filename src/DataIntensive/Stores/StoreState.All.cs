namespace DataIntensive.Stores;

// All keys at once, as a transaction reads them.
internal sealed partial class StoreState<TKey, TValue>
{
    // The newest sequenced write or delete of any key, durable or not: whoever has read all keys has read this.
    public LogPosition NewestChange { get; private set; }

    // The keys that are there at a position, in no order; with the largest position, the newest sequenced ones.
    public IEnumerable<KeyValuePair<TKey, StoreEntry<TValue>>> AllAt(long position)
    {
        foreach ((TKey key, StoreKeyHistory<TValue> history) in _keys)
        {
            if (history.At(position) is { Exists: true } node)
            {
                yield return new KeyValuePair<TKey, StoreEntry<TValue>>(key, node.Entry);
            }
        }
    }
}
