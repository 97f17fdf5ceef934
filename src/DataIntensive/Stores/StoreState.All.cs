namespace DataIntensive.Stores;

// All keys at once, as a transaction reads them.
internal sealed partial class StoreState<TKey, TValue>
{
    // What a key costs in memory over key and value, on a 64-bit machine: its place in the table and those that stand empty beside it,
    // 68 bytes as measured, and up to 100 just after the table has grown. Key and value are reckoned by their record in the log, whose
    // header and lengths stand for their object headers.
    public const int BytesPerKey = 112;

    // The newest sequenced write or delete of any key, durable or not: whoever has read all keys has read this.
    public LogPosition NewestChange { get; private set; }

    public long GrowthBytes_NeedsSequencer(TKey key, bool exists, int recordBytes) => BytesOf(exists, recordBytes) - BytesOf(ReadNewest(key).Content);

    // The keys that are there at a position, in no order; with the largest position, the newest sequenced ones.
    public IEnumerable<KeyValuePair<TKey, StoreEntry<TValue>>> AllAt(long position)
    {
        foreach ((TKey key, SlotCopy<StoreVersion<TValue>> newest) in AllNewest())
        {
            SlotCopy<StoreVersion<TValue>> version = StoreVersion<TValue>.At(newest, position);
            if (version.Content.Exists)
            {
                yield return new KeyValuePair<TKey, StoreEntry<TValue>>(key, StoreVersion<TValue>.EntryOf(version));
            }
        }
    }

    private static long BytesOf(bool exists, int recordBytes) => exists ? BytesPerKey + recordBytes : 0;

    private static long BytesOf(in StoreVersion<TValue> version) => BytesOf(version.Exists, version.RecordBytes);
}
