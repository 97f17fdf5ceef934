using DataIntensive.Transactions;

namespace DataIntensive.Stores;

// What one transaction read and wrote of one store.
internal sealed partial class StoreChanges<TKey, TValue>(StoreState<TKey, TValue> state, DatabaseTransaction transaction) : StateChanges
    where TKey : notnull
{
    private readonly HashSet<TKey> _reads = [];
    private readonly Dictionary<TKey, Write> _writes = [];
    private bool _grows;

    public override bool Grows => _grows;

    public StoreEntry<TValue> Read(TKey key)
    {
        transaction.ThrowIfDone();
        if (_writes.TryGetValue(key, out Write? write))
        {
            // Its revision is given at the commit: within the transaction it is told by the version alone.
            return write.Exists ? new StoreEntry<TValue>(write.Value, new Revision(long.MaxValue), write.Version) { DeadlineTicks = write.DeadlineTicks } : default;
        }

        if (transaction.IsSequenced)
        {
            StoreVersionNode<TKey, TValue>? newest = state.ReadNewest(key);
            transaction.DependOn(new LogPosition(newest?.Revision ?? 0));
            return newest?.Entry ?? default;
        }

        StoreVersionNode<TKey, TValue>? node = state.ReadAt(key, transaction.Snapshot);
        transaction.ThrowIfExpired();
        if (!transaction.IsReadOnly)
        {
            _reads.Add(key);
        }

        return node?.Entry ?? default;
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
        _writes[key] = new Write(value, exists: true, version, record) { RecordBytes = transaction.Batch.SizeBytes - before, DeadlineTicks = deadlineTicks };
    }

    public bool Delete(TKey key)
    {
        if (!Read(key).Exists)
        {
            return false;
        }

        int record = state.AppendDelete(transaction.Batch, key);
        _writes[key] = new Write(default, exists: false, version: 0, record);
        return true;
    }

    public override long GrowthBytes_NeedsSequencer()
    {
        long growth = 0;
        foreach ((TKey key, Write write) in _writes)
        {
            growth += state.GrowthBytes_NeedsSequencer(key, write.Exists, write.RecordBytes);
        }

        return growth;
    }

    public override TransactionConflict? Validate_NeedsSequencer(TransactionIsolation isolation, LogPosition snapshot)
    {
        // First committer wins: nobody else may have written what this transaction writes.
        foreach (TKey key in _writes.Keys)
        {
            long newest = state.ReadNewest(key)?.Revision ?? 0;
            if (newest > snapshot.Value)
            {
                return new TransactionConflict(state.ToString(), key.ToString() ?? "", new LogPosition(newest));
            }
        }

        if (isolation == TransactionIsolation.Serializable)
        {
            foreach (TKey key in _reads)
            {
                long newest = state.ReadNewest(key)?.Revision ?? 0;
                if (newest > snapshot.Value)
                {
                    return new TransactionConflict(state.ToString(), key.ToString() ?? "", new LogPosition(newest));
                }
            }

            return ConflictOverAll_NeedsSequencer(snapshot) ?? ConflictInRanges_NeedsSequencer(snapshot);
        }

        return null;
    }

    public override void Stage_NeedsSequencer(LogPosition first)
    {
        foreach ((TKey key, Write write) in _writes)
        {
            write.Staged = state.Stage_NeedsSequencer(key, write.Value, write.Exists, new LogPosition(first.Value + write.Record), write.RecordBytes, write.DeadlineTicks);
        }
    }

    public override void Publish()
    {
        foreach (Write write in _writes.Values)
        {
            state.Publish(write.Staged!);
        }
    }

    // For the entry that a caller gets back: the version is known for certain once the commit is staged.
    public StoreEntry<TValue> StagedEntry(TKey key) => _writes[key].Staged!.Entry;

    private long VersionOf(TKey key)
    {
        if (_writes.TryGetValue(key, out Write? write))
        {
            return write.Version;
        }

        return (transaction.IsSequenced ? state.ReadNewest(key) : state.ReadAt(key, transaction.Snapshot))?.Version ?? 0;
    }

    private sealed class Write(TValue? value, bool exists, long version, int record)
    {
        public TValue? Value => value;

        public bool Exists => exists;

        // 0 after a delete.
        public long Version => version;

        // Its index in the transaction's batch.
        public int Record => record;

        // What its record takes in the log, from which the memory is reckoned.
        public int RecordBytes { get; init; }

        public long DeadlineTicks { get; init; }

        public StoreVersionNode<TKey, TValue>? Staged { get; set; }
    }
}
