namespace DataIntensive.Stores;

// What few versions have: a deadline, and the version before, for as long as somebody may ask for it.
internal sealed class VersionTail<TValue>(long deadlineTicks, in SlotCopy<StoreVersion<TValue>> older)
{
    private readonly long _olderRevision = older.Revision;
    private StoreVersion<TValue> _older = older.Content;

    public long DeadlineTicks => deadlineTicks;

    public SlotCopy<StoreVersion<TValue>> Older => new(_olderRevision, _older);

    // Null when nothing is left.
    public VersionTail<TValue>? WithoutOlder() =>
        deadlineTicks == 0 ? null
        : _olderRevision == 0 ? this
        : new VersionTail<TValue>(deadlineTicks, older: default);

    // Behind the version with this revision, here or further back. Gives what that had, null for nothing.
    public VersionTail<TValue>? ForgetOlderThan(long revision)
    {
        VersionTail<TValue>? tail = this;
        while (tail is not null && tail._olderRevision > revision)
        {
            tail = tail._older.Tail;
        }

        if (tail?._olderRevision != revision)
        {
            return null;
        }

        VersionTail<TValue>? before = tail._older.Tail;
        tail._older.ForgetOlder();
        return before;
    }
}
