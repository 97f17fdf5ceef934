namespace DataIntensive.Stores;

// One place of a StripedTable. Hash and Key never change once State is set; Content belongs to the write that State names, and is only
// good when State was the same, and not busy, before and after it was copied.
internal struct StoreSlot<TKey, TContent>
    where TContent : struct
{
    // The place is being written: what it holds may be half of each.
    public const long Busy = 1;

    // The key is absent. The place stays its own until the stripe is built anew.
    public const long Absent = 2;

    private const int RevisionShift = 2;

    // 0: never used. Otherwise the revision of the last write, and below it what it did.
    public long State;
    public int Hash;
    public TKey Key;
    public TContent Content;

    public static long Written(long revision) => revision << RevisionShift;

    public static long Deleted(long revision) => (revision << RevisionShift) | Absent;

    public static long RevisionOf(long state) => state >> RevisionShift;

    // There is a write, and nobody is changing it.
    public static bool IsWritten(long state) => state != 0 && (state & (Busy | Absent)) == 0;

    // 0 when the key is absent. The stripe is held, or nobody writes any more.
    public readonly long Revision_NeedsStripe => (State & Absent) != 0 ? 0 : RevisionOf(State);
}
