namespace DataIntensive.Stores;

// All keys at once, as a transaction reads them.
internal sealed partial class StoreState<TKey, TValue>
{
    // What a key costs in memory over key and value, on a 64-bit machine: its version (72) and its place in the table (24 to 48). Key and
    // value are reckoned by their record in the log, whose header and lengths stand for their object headers.
    public const int BytesPerKey = 112;

    // The newest sequenced write or delete of any key, durable or not: whoever has read all keys has read this.
    public LogPosition NewestChange { get; private set; }

    public long GrowthBytes_NeedsSequencer(TKey key, bool exists, int recordBytes) => BytesOf(exists, recordBytes) - BytesOf(ReadNewest(key));

    // The keys that are there at a position, in no order; with the largest position, the newest sequenced ones.
    public IEnumerable<KeyValuePair<TKey, StoreEntry<TValue>>> AllAt(long position)
    {
        foreach (StoreVersionNode<TKey, TValue> newest in _keys.All())
        {
            if (newest.At(position) is { Exists: true } node)
            {
                yield return new KeyValuePair<TKey, StoreEntry<TValue>>(node.Key, node.Entry);
            }
        }
    }

    private static long BytesOf(bool exists, int recordBytes) => exists ? BytesPerKey + recordBytes : 0;

    private static long BytesOf(StoreVersionNode<TKey, TValue>? node) => node is null ? 0 : BytesOf(node.Exists, node.RecordBytes);
}
