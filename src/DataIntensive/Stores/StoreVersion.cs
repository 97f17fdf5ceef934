namespace DataIntensive.Stores;

// What a write or a delete left of a key. The newest one is there from the moment it was sequenced: readers pass on to the older ones
// from what is newer than they may see. The default stands for a key that was never there.
internal struct StoreVersion<TValue>(StoreCell<TValue> cell, VersionTail<TValue>? tail)
{
    public StoreVersion(TValue? value, long version, int recordBytes, VersionTail<TValue>? tail)
        : this(new StoreCell<TValue>(value, version, recordBytes, hasTail: tail is not null), tail)
    {
    }

    public readonly StoreCell<TValue> Cell => cell;

    public readonly TValue? Value => cell.Value;

    // 0 for a delete.
    public readonly long Version => cell.Version;

    public readonly bool Exists => Version != 0;

    // What its record takes in the log, to a thousandth; 0 for a delete.
    public readonly int RecordBytes => cell.RecordBytes;

    // 0: it does not end by itself.
    public readonly long DeadlineTicks => Tail?.DeadlineTicks ?? 0;

    // Null for most.
    public VersionTail<TValue>? Tail { get; private set; } = tail;

    public static StoreEntry<TValue> EntryOf(in SlotCopy<StoreVersion<TValue>> copy) => copy.Content is { Exists: true } version
        ? new StoreEntry<TValue>(version.Value, new Revision(copy.Revision), version.Version) { DeadlineTicks = version.DeadlineTicks }
        : default;

    // The version that counted at a position; the default when there was none, or when it was forgotten.
    public static SlotCopy<StoreVersion<TValue>> At(in SlotCopy<StoreVersion<TValue>> newest, long position)
    {
        SlotCopy<StoreVersion<TValue>> version = newest;
        while (version.Revision > position)
        {
            version = version.Content.Tail?.Older ?? default;
        }

        return version;
    }

    // Nobody asks for what is older any more.
    public void ForgetOlder() => Tail = Tail?.WithoutOlder();
}
