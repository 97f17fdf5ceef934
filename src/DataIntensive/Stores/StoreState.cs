using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using DataIntensive.Internal;
using DataIntensive.Logs;
using DataIntensive.Transactions;

namespace DataIntensive.Stores;

// The keys of one store. Record: u8 kind, key (codec version, length, bytes), and for a write the value in the same form.
// Kind 3 is a write that ends by itself: its deadline, i64 in ticks of UTC, stands behind the kind.
internal sealed partial class StoreState<TKey, TValue>(Database database, string name, ICodec<TKey> keys, ICodec<TValue> values)
    : DerivedState(database, StoreKind, name, $"{keys.Name}->{values.Name}")
    where TKey : notnull
{
    public const string StoreKind = "store";

    // Of a written key. Older logs may have longer ones, which are still read.
    public const int MaxKeyBytes = 64 * 1024;

    private const byte Written = 1;
    private const byte Deleted = 2;
    private const byte WrittenUntil = 3;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _scratch;

    private readonly StripedTable<TKey, StoreCell<TValue>> _keys = new();

    // Of the versions in the table that have one: changed while the key's stripe is held, and in the middle of a write of its place.
    private readonly ConcurrentDictionary<TKey, VersionTail<TValue>> _tails = new();
    private readonly Queue<(TKey Key, int Hash, long Revision)> _keptForSnapshots = new();

    // Its values are few and replace each other, as checkpoints do.
    public bool MayUseReserve { get; init; }

    // Of a store whose values say up to where somebody has read the log.
    public Func<TKey, TValue?, LogHolder>? HolderOf { get; init; }

    public int Count => _keys.Count;

    // How many versions have something that stands beside the table.
    public int TailCount => _tails.Count;

    // The newest visible entry. No lock: the visible position is read first, and what is newer is passed over.
    public StoreEntry<TValue> Read(TKey key)
    {
        int hash = _keys.HashOf(key);
        return TryReadNewest(key, hash, Database.Visible.Value, out StoreEntry<TValue> entry) ? entry : ReadAnyhow(key, hash);
    }

    // The entry as it was at a position for which older ones are kept.
    public StoreEntry<TValue> ReadEntryAt(TKey key, long position) =>
        TryReadNewest(key, _keys.HashOf(key), position, out StoreEntry<TValue> entry) ? entry : StoreVersion<TValue>.EntryOf(ReadAt(key, position));

    // The common case: the newest write counts already, and nobody is changing it. Nothing is copied that is not given: the less there is
    // to do, the more of the next reads' places the processor fetches from far memory while it waits for this one's.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryReadNewest(TKey key, int hash, long position, out StoreEntry<TValue> entry)
    {
        ref StoreSlot<TKey, StoreCell<TValue>> slot = ref _keys.TryFind(key, hash, out long state);
        if (!StoreSlot<TKey, StoreCell<TValue>>.IsWritten(state))
        {
            entry = default;
            return state == 0;
        }

        Revision revision = new(StoreSlot<TKey, StoreCell<TValue>>.RevisionOf(state));
        StoreCell<TValue> cell = slot.Content;
        Volatile.ReadBarrier();
        bool isGood = revision.Value <= position && cell.Version != 0 && !cell.HasTail && Volatile.Read(ref slot.State) == state;
        entry = isGood ? new StoreEntry<TValue>(cell.Value, revision, cell.Version) : default;
        return isGood;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private StoreEntry<TValue> ReadAnyhow(TKey key, int hash)
    {
        while (true)
        {
            // First: what the key's place shows afterwards is at least as new.
            long visible = Database.Visible.Value;
            SlotCopy<StoreVersion<TValue>> newest = ReadNewest(key, hash);
            if (newest.Revision <= visible)
            {
                return StoreVersion<TValue>.EntryOf(newest);
            }

            // Either there was nothing at that position, or it was forgotten because a newer one had just become visible.
            SlotCopy<StoreVersion<TValue>> older = StoreVersion<TValue>.At(newest, visible);
            if (older.Revision != 0 || Database.Visible.Value == visible)
            {
                return StoreVersion<TValue>.EntryOf(older);
            }
        }
    }

    // All keys as they are at one position.
    public List<KeyValuePair<TKey, StoreEntry<TValue>>> ReadAll()
    {
        using DatabaseTransaction snapshot = Database.Begin();
        return [.. AllAt(snapshot.Snapshot.Value)];
    }

    public SlotCopy<StoreVersion<TValue>> ReadAt(TKey key, long position) => StoreVersion<TValue>.At(ReadNewest(key), position);

    public SlotCopy<StoreVersion<TValue>> ReadNewest(TKey key) => ReadNewest(key, _keys.HashOf(key));

    private SlotCopy<StoreVersion<TValue>> ReadNewest(TKey key, int hash)
    {
        while (true)
        {
            (long revision, StoreCell<TValue> cell) = _keys.Read(key, hash);
            if (!cell.HasTail)
            {
                return new SlotCopy<StoreVersion<TValue>>(revision, new StoreVersion<TValue>(cell, tail: null));
            }

            // It is this version's, unless that was replaced meanwhile. Gone when nobody needs it any more.
            _tails.TryGetValue(key, out VersionTail<TValue>? tail);
            Volatile.ReadBarrier();
            if (_keys.Read(key, hash).Revision == revision)
            {
                return new SlotCopy<StoreVersion<TValue>>(revision, new StoreVersion<TValue>(cell, tail));
            }
        }
    }

    // All keys, in no order; of one that is written meanwhile either version.
    private IEnumerable<(TKey Key, SlotCopy<StoreVersion<TValue>> Newest)> AllNewest()
    {
        foreach ((TKey key, SlotCopy<StoreCell<TValue>> copy) in _keys.All())
        {
            if (!copy.Content.HasTail)
            {
                yield return (key, new SlotCopy<StoreVersion<TValue>>(copy.Revision, new StoreVersion<TValue>(copy.Content, tail: null)));
            }
            else if (ReadNewest(key) is { Revision: not 0 } newest)
            {
                yield return (key, newest);
            }
        }
    }

    public int AppendWrite(LogBatch batch, TKey key, TValue value, long deadlineTicks = 0) => Append(batch, deadlineTicks == 0 ? Written : WrittenUntil, key, value, deadlineTicks);

    public int AppendDelete(LogBatch batch, TKey key) => Append(batch, Deleted, key, default, deadlineTicks: 0);

    public bool TryDecode(in LogRecord record, out StoreChange<TKey, TValue> change) => TryDecode(record, out change, out _);

    private bool TryDecode(in LogRecord record, out StoreChange<TKey, TValue> change, out long deadlineTicks)
    {
        deadlineTicks = 0;
        if (record.Tag != Tag)
        {
            change = default;
            return false;
        }

        SpanReader reader = new(record.Body.Span);
        byte kind = reader.ReadByte();
        if (kind == WrittenUntil)
        {
            deadlineTicks = reader.ReadInt64();
        }

        TKey key = reader.ReadWith(keys);
        change = kind switch
        {
            Written or WrittenUntil => new StoreChange<TKey, TValue>(key, reader.ReadWith(values), IsDelete: false, new Revision(record.Position.Value)),
            Deleted => new StoreChange<TKey, TValue>(key, default, IsDelete: true, new Revision(record.Position.Value)),
            _ => throw new LogFormatException($"The record at position {record.Position} of {this} is of an unknown kind {kind}. Use a newer version of the library."),
        };
        return true;
    }

    public override void Replay(in LogRecord record)
    {
        TryDecode(record, out StoreChange<TKey, TValue> change, out long deadlineTicks);
        bool keeps = Options.KeptPositions > 0;
        if (change.IsDelete && !keeps)
        {
            SlotCopy<StoreVersion<TValue>> before = ReadNewest(change.Key);
            Resize_NeedsSequencer(-BytesOf(before.Content));
            Track_NeedsSequencer(change.Key, before, now: default);
            RemoveKey_NeedsSequencer(change.Key);
            return;
        }

        long revision = change.Revision.Value;
        int recordBytes = change.IsDelete ? 0 : RecordFormat.HeaderBytes + record.Body.Length;
        int hash = Put_NeedsSequencer(change.Key, change.Value, !change.IsDelete, revision, recordBytes, deadlineTicks, keepsOlder: keeps);
        if (keeps)
        {
            Keep(change.Key, hash, revision, OldestNeeded(revision));
        }
    }

    // Returns the key's hash, by which it is published.
    public int Stage_NeedsSequencer(TKey key, TValue? value, bool exists, LogPosition position, int recordBytes, long deadlineTicks)
    {
        int hash = Put_NeedsSequencer(key, value, exists, position.Value, recordBytes, deadlineTicks, keepsOlder: true);
        ArmSweep_NeedsSequencer();
        NewestChange = position;
        return hash;
    }

    // Called in log order by one thread at a time. Old versions that a snapshot may still read are forgotten at a later call.
    public void Publish(TKey key, int hash, LogPosition position) => Keep(key, hash, position.Value, OldestNeeded(Database.Visible.Value));

    // Stages, makes visible and publishes one write that is its whole commit, over a log in memory: what it replaces need not stay beside it
    // until it counts, because whoever reads the key in between waits. False, with nothing done, when older versions are kept.
    public bool TryPutVisible_NeedsSequencer(TKey key, TValue? value, LogPosition position, int recordBytes, long deadlineTicks)
    {
        if (_ordered is not null || Options.KeptPositions > 0 || _keptForSnapshots.Count > 0 || Database.Snapshots.Oldest < position.Value)
        {
            return false;
        }

        int hash = _keys.HashOf(key);
        int stripe = StripedTable<TKey, StoreCell<TValue>>.StripeOf(hash);
        SlotCopy<StoreVersion<TValue>> before = ReadNewest(key, hash);
        StoreVersion<TValue> version;
        bool keepsOlder;
        _keys.Enter(stripe);
        try
        {
            ref StoreSlot<TKey, StoreCell<TValue>> slot = ref _keys.BeginWrite_NeedsStripe(ref _keys.Find_NeedsStripe(key, hash), key, hash);
            Database.MakeVisible(position);

            // A snapshot that was opened since it was looked for above sees this write, or is seen here.
            keepsOlder = before.Revision != 0 && Database.Snapshots.Oldest < position.Value;
            VersionTail<TValue>? tail = keepsOlder || deadlineTicks != 0 ? new VersionTail<TValue>(deadlineTicks, keepsOlder ? before : default) : null;
            version = new StoreVersion<TValue>(value, before.Content.Version + 1, recordBytes, tail);
            EndWrite_NeedsStripe(ref slot, key, version, position.Value);
        }
        finally
        {
            _keys.Exit(stripe);
        }

        Resize_NeedsSequencer(BytesOf(version) - BytesOf(before.Content));
        Track_NeedsSequencer(key, before, new SlotCopy<StoreVersion<TValue>>(position.Value, version));
        ArmSweep_NeedsSequencer();
        NewestChange = position;
        if (keepsOlder)
        {
            _keptForSnapshots.Enqueue((key, hash, position.Value));
        }

        return true;
    }

    private int Put_NeedsSequencer(TKey key, TValue? value, bool exists, long revision, int recordBytes, long deadlineTicks, bool keepsOlder)
    {
        int hash = _keys.HashOf(key);
        int stripe = StripedTable<TKey, StoreCell<TValue>>.StripeOf(hash);
        SlotCopy<StoreVersion<TValue>> before;
        StoreVersion<TValue> version;

        // Whoever publishes forgets versions without the sequencer: the stripe is held against him, so that nothing that he forgets is
        // taken along.
        _keys.Enter(stripe);
        try
        {
            before = ReadNewest(key, hash);
            SlotCopy<StoreVersion<TValue>> older = keepsOlder ? before : default;
            VersionTail<TValue>? tail = older.Revision != 0 || deadlineTicks != 0 ? new VersionTail<TValue>(deadlineTicks, older) : null;
            version = new StoreVersion<TValue>(value, exists ? before.Content.Version + 1 : 0, recordBytes, tail);
            Database.ResizeStates(KeptBytesOf(older));
            Set_NeedsStripe(key, hash, revision, version);
        }
        finally
        {
            _keys.Exit(stripe);
        }

        if (before.Revision == 0)
        {
            _ordered?.Add_NeedsSequencer(key);
        }

        Resize_NeedsSequencer(BytesOf(version) - BytesOf(before.Content));
        Track_NeedsSequencer(key, before, new SlotCopy<StoreVersion<TValue>>(revision, version));
        return hash;
    }

    private void Set_NeedsStripe(TKey key, int hash, long revision, in StoreVersion<TValue> version)
    {
        ref StoreSlot<TKey, StoreCell<TValue>> slot = ref _keys.BeginWrite_NeedsStripe(ref _keys.Find_NeedsStripe(key, hash), key, hash);
        EndWrite_NeedsStripe(ref slot, key, version, revision);
    }

    private void EndWrite_NeedsStripe(ref StoreSlot<TKey, StoreCell<TValue>> slot, TKey key, in StoreVersion<TValue> version, long revision)
    {
        if (version.Tail is { } tail)
        {
            _tails[key] = tail;
        }
        else if (slot.Content.HasTail)
        {
            _tails.TryRemove(key, out _);
        }

        StripedTable<TKey, StoreCell<TValue>>.EndWrite(ref slot, version.Cell, revision);
    }

    private void RemoveKey_NeedsSequencer(TKey key)
    {
        int hash = _keys.HashOf(key);
        int stripe = StripedTable<TKey, StoreCell<TValue>>.StripeOf(hash);
        _keys.Enter(stripe);
        try
        {
            ref StoreSlot<TKey, StoreCell<TValue>> slot = ref _keys.Find_NeedsStripe(key, hash);
            if (slot.Revision_NeedsStripe is var revision and not 0)
            {
                bool hasTail = slot.Content.HasTail;
                _keys.Delete_NeedsStripe(ref slot, hash, revision);
                if (hasTail)
                {
                    _tails.TryRemove(key, out _);
                }
            }
        }
        finally
        {
            _keys.Exit(stripe);
        }

        _ordered?.Remove_NeedsSequencer(key);
    }

    private void Keep(TKey key, int hash, long revision, long oldest)
    {
        while (_keptForSnapshots.TryPeek(out (TKey Key, int Hash, long Revision) kept) && kept.Revision <= oldest)
        {
            _keptForSnapshots.Dequeue();
            Forget(kept.Key, kept.Hash, kept.Revision);
        }

        if (revision <= oldest)
        {
            Forget(key, hash, revision);
        }
        else
        {
            _keptForSnapshots.Enqueue((key, hash, revision));
        }
    }

    // What is older than this version; and the key, when it is its newest and a delete.
    private void Forget(TKey key, int hash, long revision)
    {
        if (!ForgetOlder(key, hash, revision))
        {
            return;
        }

        lock (Database.Sequencer)
        {
            if (_keys.Read(key, hash).Revision == revision)
            {
                RemoveKey_NeedsSequencer(key);
            }
        }
    }

    private bool ForgetOlder(TKey key, int hash, long revision)
    {
        int stripe = StripedTable<TKey, StoreCell<TValue>>.StripeOf(hash);
        _keys.Enter(stripe);
        try
        {
            ref StoreSlot<TKey, StoreCell<TValue>> slot = ref _keys.Find_NeedsStripe(key, hash);
            VersionTail<TValue>? tail = slot.Content.HasTail ? _tails.GetValueOrDefault(key) : null;
            if (slot.Revision_NeedsStripe == revision)
            {
                Database.ResizeStates(-KeptBytesBehind(tail));
                if (tail?.WithoutOlder() is { } rest)
                {
                    _tails[key] = rest;
                }
                else if (tail is not null)
                {
                    slot.Content.ForgetTail();
                    _tails.TryRemove(key, out _);
                }

                return slot.Content.Version == 0;
            }

            Database.ResizeStates(-KeptBytesBehind(tail?.ForgetOlderThan(revision)));
            return false;
        }
        finally
        {
            _keys.Exit(stripe);
        }
    }

    private int Append(LogBatch batch, byte kind, TKey key, TValue? value, long deadlineTicks)
    {
        int length = batch.SizeBytes;
        int count = batch.Count;
        ArrayBufferWriter<byte> scratch = _scratch ??= new ArrayBufferWriter<byte>();
        scratch.ResetWrittenCount();
        try
        {
            batch.BeginRecord(Tag);
            batch.WriteByte(kind);
            if (kind == WrittenUntil)
            {
                batch.WriteInt64(deadlineTicks);
            }

            int keyFrom = batch.SizeBytes;
            batch.WriteWith(keys, key, scratch);
            if (batch.SizeBytes - keyFrom > MaxKeyBytes)
            {
                throw new ArgumentException($"A key of the {this} is longer than {MaxKeyBytes} bytes.", nameof(key));
            }

            if (kind != Deleted)
            {
                batch.WriteWith(values, value!, scratch);
            }

            return batch.EndRecord();
        }
        catch
        {
            // A codec that fails leaves no half record behind.
            batch.Rewind(length, count);
            throw;
        }
    }
}
