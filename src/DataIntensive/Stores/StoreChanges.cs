using DataIntensive.Transactions;

namespace DataIntensive.Stores;

// What one transaction read and wrote of one store.
internal sealed partial class StoreChanges<TKey, TValue> : StateChanges
    where TKey : notnull
{
    [ThreadStatic]
    private static StoreChanges<TKey, TValue>? _spare;

    private StoreState<TKey, TValue> _state = null!;
    private DatabaseTransaction _transaction = null!;
    private HashSet<TKey>? _reads;
    private bool _grows;

    private StoreChanges()
    {
    }

    public static StoreChanges<TKey, TValue> Of(StoreState<TKey, TValue> state, DatabaseTransaction transaction)
    {
        StoreChanges<TKey, TValue> changes = _spare ?? new StoreChanges<TKey, TValue>();
        _spare = null;
        changes._state = state;
        changes._transaction = transaction;
        return changes;
    }

    // The commit is published, or there is none, and nobody may look at this any more. Of one write, for which this is worth it.
    public void GiveBack()
    {
        if (_count > 1 || _readAll || _reads is not null || _ranges is not null)
        {
            return;
        }

        // What is spare keeps no database in memory.
        ForgetWrite();
        _state = null!;
        _transaction = null!;
        _grows = false;
        _spare = this;
    }

    public override bool Grows => _grows;

    public StoreEntry<TValue> Read(TKey key)
    {
        _transaction.ThrowIfDone();
        if (WriteOf(key) is { } write)
        {
            return write.Entry;
        }

        if (_transaction.IsSequenced)
        {
            SlotCopy<StoreVersion<TValue>> newest = _state.ReadNewest(key);
            _transaction.DependOn(new LogPosition(newest.Revision));
            return StoreVersion<TValue>.EntryOf(newest);
        }

        StoreEntry<TValue> entry = _state.ReadEntryAt(key, _transaction.Snapshot.Value);
        _transaction.ThrowIfExpired();
        if (!_transaction.IsReadOnly)
        {
            (_reads ??= []).Add(key);
        }

        return entry;
    }

    public void Set(TKey key, TValue value, TimeSpan timeToLive)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeToLive, TimeSpan.Zero);
        Set(key, value, (_state.Database.TimeProvider.GetUtcNow() + timeToLive).UtcTicks);
    }

    public void Set(TKey key, TValue value, long deadlineTicks = 0)
    {
        _grows |= !_state.MayUseReserve;
        long version = VersionOf(key) + 1;
        int before = _transaction.Batch.SizeBytes;
        int record = _state.AppendWrite(_transaction.Batch, key, value, deadlineTicks);
        WriteFor(key).Take(value, version, record, _transaction.Batch.SizeBytes - before, deadlineTicks);
    }

    public bool Delete(TKey key)
    {
        if (!Read(key).Exists)
        {
            return false;
        }

        int record = _state.AppendDelete(_transaction.Batch, key);
        WriteFor(key).Take(default, version: 0, record, recordBytes: 0, deadlineTicks: 0);
        return true;
    }

    public override long GrowthBytes_NeedsSequencer()
    {
        long growth = 0;
        for (Write? write = _first; write is not null; write = write.Next)
        {
            growth += _state.GrowthBytes_NeedsSequencer(write.Key, write.Exists, write.RecordBytes, write.DeadlineTicks);
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
            write.Hash = _state.Stage_NeedsSequencer(write.Key, write.Value, write.Exists, write.Position, write.RecordBytes, write.DeadlineTicks);
        }
    }

    public override bool TryStageVisible_NeedsSequencer(LogPosition first, LogPosition last) =>
        _count == 1
        && _first is { Exists: true } write
        && first.Value + write.Record == last.Value
        && _state.TryPutVisible_NeedsSequencer(write.Key, write.Value, last, write.RecordBytes, write.DeadlineTicks);

    public override void Publish()
    {
        for (Write? write = _first; write is not null; write = write.Next)
        {
            _state.Publish(write.Key, write.Hash, write.Position);
        }
    }

    private long VersionOf(TKey key) =>
        WriteOf(key)?.Version
        ?? (_transaction.IsSequenced ? _state.ReadNewest(key) : _state.ReadAt(key, _transaction.Snapshot.Value)).Content.Version;

    private TransactionConflict? ConflictOver_NeedsSequencer(TKey key, LogPosition snapshot) =>
        _state.ReadNewest(key).Revision is var newest && newest > snapshot.Value
            ? new TransactionConflict(_state.ToString(), key.ToString() ?? "", new LogPosition(newest))
            : null;
}
