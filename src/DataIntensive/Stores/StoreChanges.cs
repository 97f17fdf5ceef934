using DataIntensive.Transactions;

namespace DataIntensive.Stores;

// What one transaction read and wrote of one store.
internal sealed partial class StoreChanges<TKey, TValue>(StoreState<TKey, TValue> state, DatabaseTransaction transaction) : StateChanges
    where TKey : notnull
{
    private HashSet<TKey>? _reads;
    private bool _grows;

    public override bool Grows => _grows;

    public StoreEntry<TValue> Read(TKey key)
    {
        transaction.ThrowIfDone();
        if (WriteOf(key) is { } write)
        {
            return write.Entry;
        }

        if (transaction.IsSequenced)
        {
            SlotCopy<StoreVersion<TValue>> newest = state.ReadNewest(key);
            transaction.DependOn(new LogPosition(newest.Revision));
            return StoreVersion<TValue>.EntryOf(newest);
        }

        SlotCopy<StoreVersion<TValue>> version = state.ReadAt(key, transaction.Snapshot.Value);
        transaction.ThrowIfExpired();
        if (!transaction.IsReadOnly)
        {
            (_reads ??= []).Add(key);
        }

        return StoreVersion<TValue>.EntryOf(version);
    }

    public void Set(TKey key, TValue value, TimeSpan timeToLive)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeToLive, TimeSpan.Zero);
        Set(key, value, (state.Database.TimeProvider.GetUtcNow() + timeToLive).UtcTicks);
    }

    public void Set(TKey key, TValue value, long deadlineTicks = 0)
    {
        _grows |= !state.MayUseReserve;
        long version = VersionOf(key) + 1;
        int before = transaction.Batch.SizeBytes;
        int record = state.AppendWrite(transaction.Batch, key, value, deadlineTicks);
        Set(new Write(key, value, exists: true, version, record) { RecordBytes = transaction.Batch.SizeBytes - before, DeadlineTicks = deadlineTicks });
    }

    public bool Delete(TKey key)
    {
        if (!Read(key).Exists)
        {
            return false;
        }

        int record = state.AppendDelete(transaction.Batch, key);
        Set(new Write(key, default, exists: false, version: 0, record));
        return true;
    }

    public override long GrowthBytes_NeedsSequencer()
    {
        long growth = 0;
        for (Write? write = _first; write is not null; write = write.Next)
        {
            growth += state.GrowthBytes_NeedsSequencer(write.Key, write.Exists, write.RecordBytes);
        }

        return growth;
    }

    public override TransactionConflict? Validate_NeedsSequencer(TransactionIsolation isolation, LogPosition snapshot)
    {
        // First committer wins: nobody else may have written what this transaction writes.
        for (Write? write = _first; write is not null; write = write.Next)
        {
            if (ConflictOver_NeedsSequencer(write.Key, snapshot) is { } conflict)
            {
                return conflict;
            }
        }

        if (isolation == TransactionIsolation.Serializable)
        {
            foreach (TKey key in _reads ?? [])
            {
                if (ConflictOver_NeedsSequencer(key, snapshot) is { } conflict)
                {
                    return conflict;
                }
            }

            return ConflictOverAll_NeedsSequencer(snapshot) ?? ConflictInRanges_NeedsSequencer(snapshot);
        }

        return null;
    }

    public override void Stage_NeedsSequencer(LogPosition first)
    {
        for (Write? write = _first; write is not null; write = write.Next)
        {
            write.Position = new LogPosition(first.Value + write.Record);
            write.Hash = state.Stage_NeedsSequencer(write.Key, write.Value, write.Exists, write.Position, write.RecordBytes, write.DeadlineTicks);
        }
    }

    public override void Publish()
    {
        for (Write? write = _first; write is not null; write = write.Next)
        {
            state.Publish(write.Key, write.Hash, write.Position);
        }
    }

    private long VersionOf(TKey key) =>
        WriteOf(key)?.Version
        ?? (transaction.IsSequenced ? state.ReadNewest(key) : state.ReadAt(key, transaction.Snapshot.Value)).Content.Version;

    private TransactionConflict? ConflictOver_NeedsSequencer(TKey key, LogPosition snapshot) =>
        state.ReadNewest(key).Revision is var newest && newest > snapshot.Value
            ? new TransactionConflict(state.ToString(), key.ToString() ?? "", new LogPosition(newest))
            : null;
}
