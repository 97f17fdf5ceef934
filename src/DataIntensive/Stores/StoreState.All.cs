namespace DataIntensive.Stores;

// All keys at once, as a transaction reads them.
internal sealed partial class StoreState<TKey, TValue>
{
    // What a key costs in memory over key and value, on a 64-bit machine: its place in the dictionary (56), its history (24) and its
    // version (64). Key and value are reckoned by their record in the log, whose header and lengths stand for their object headers.
    public const int BytesPerKey = 144;

    // The newest sequenced write or delete of any key, durable or not: whoever has read all keys has read this.
    public LogPosition NewestChange { get; private set; }

    public long GrowthBytes_NeedsSequencer(TKey key, bool exists, int recordBytes) => BytesOf(exists, recordBytes) - BytesOf(ReadNewest(key));

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

    private static long BytesOf(bool exists, int recordBytes) => exists ? BytesPerKey + recordBytes : 0;

    private static long BytesOf(StoreVersionNode<TValue>? node) => node is null ? 0 : BytesOf(node.Exists, node.RecordBytes);
}
