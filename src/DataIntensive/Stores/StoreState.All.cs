namespace DataIntensive.Stores;

// All keys at once, as a transaction reads them.
internal sealed partial class StoreState<TKey, TValue>
{
    // What a key costs in memory over key and value, on a 64-bit machine: its place in the table and those that stand empty beside it,
    // 68 bytes as measured, and up to 100 just after the table has grown. Key and value are reckoned by their record in the log, whose
    // header and lengths stand for their object headers.
    public const int BytesPerKey = 112;

    // What stands beside the table for a version, with its node and bucket there, 110 bytes as measured; and its place among the deadlines,
    // 24 bytes, and what stands empty there.
    public const int BytesPerTail = 144;

    // The newest sequenced write or delete of any key, durable or not: whoever has read all keys has read this.
    public LogPosition NewestChange { get; private set; }

    public long GrowthBytes_NeedsSequencer(TKey key, bool exists, int recordBytes, long deadlineTicks)
    {
        SlotCopy<StoreVersion<TValue>> before = ReadNewest(key);
        return BytesOf(exists, recordBytes, deadlineTicks) - BytesOf(before.Content) + KeptBytesOf(before);
    }

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

    private static long BytesOf(bool exists, int recordBytes, long deadlineTicks) => exists ? BytesPerKey + recordBytes + (deadlineTicks == 0 ? 0 : BytesPerTail) : 0;

    private static long BytesOf(in StoreVersion<TValue> version) => BytesOf(version.Exists, version.RecordBytes, version.DeadlineTicks);

    // Of a version that older positions are read from. Those that only open snapshots need are not counted: their age is limited.
    private long KeptBytesOf(in SlotCopy<StoreVersion<TValue>> older) => Options.KeptPositions == 0 || older.Revision == 0 ? 0 : BytesPerTail + older.Content.RecordBytes;

    private long KeptBytesBehind(VersionTail<TValue>? tail)
    {
        long bytes = 0;
        for (SlotCopy<StoreVersion<TValue>> older = tail?.Older ?? default; older.Revision != 0; older = older.Content.Tail?.Older ?? default)
        {
            bytes += KeptBytesOf(older);
        }

        return bytes;
    }
}
