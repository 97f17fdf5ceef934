using System.Numerics;

namespace DataIntensive.Stores;

// What a write or a delete left of a key. The newest one is there from the moment it was sequenced: readers pass on to the older ones
// from what is newer than they may see. The default stands for a key that was never there. It stands in the table itself, so each byte
// less of it makes every read faster.
internal struct StoreVersion<TValue>
{
    private const int SizeBits = 16;
    private const int SizeDigits = 11;

    // The version's number, and behind it its size: eleven binary digits, and five for how many more follow them.
    private readonly long _versionAndSize;

    public StoreVersion(TValue? value, long version, int recordBytes, VersionTail<TValue>? tail)
    {
        Value = value;
        int shift = Math.Max(0, BitOperations.Log2((uint)recordBytes) + 1 - SizeDigits);
        _versionAndSize = (version << SizeBits) | ((long)shift << SizeDigits) | (long)(recordBytes >> shift);
        Tail = tail;
    }

    public readonly TValue? Value { get; }

    // 0 for a delete.
    public readonly long Version => _versionAndSize >> SizeBits;

    public readonly bool Exists => Version != 0;

    // What its record takes in the log, to a thousandth; 0 for a delete.
    public readonly int RecordBytes => (int)(_versionAndSize & ((1 << SizeDigits) - 1)) << (int)((_versionAndSize >> SizeDigits) & ((1 << (SizeBits - SizeDigits)) - 1));

    // 0: it does not end by itself.
    public readonly long DeadlineTicks => Tail?.DeadlineTicks ?? 0;

    // Null for most.
    public VersionTail<TValue>? Tail { get; private set; }

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
    public void ForgetOlder() => Tail = Tail is { DeadlineTicks: > 0 and var deadline } ? new VersionTail<TValue>(deadline, older: default) : null;
}
