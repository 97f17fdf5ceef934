namespace DataIntensive.Stores;

// What the store without a log holds of a key. Version is 0 when the key is absent.
internal record struct StoreContent<TValue>(TValue? Value, long Version)
{
    public static StoreEntry<TValue> EntryOf(in SlotCopy<StoreContent<TValue>> copy) =>
        copy.Revision != 0 ? new StoreEntry<TValue>(copy.Content.Value, new Revision(copy.Revision), copy.Content.Version) : default;
}
