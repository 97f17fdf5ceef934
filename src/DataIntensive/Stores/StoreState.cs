using System.Buffers;
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

    private readonly VersionTable<TKey, TValue> _keys = new();
    private readonly Queue<StoreVersionNode<TKey, TValue>> _keptForSnapshots = new();

    // Its values are few and replace each other, as checkpoints do.
    public bool MayUseReserve { get; init; }

    // Of a store whose values say up to where somebody has read the log.
    public Func<TKey, TValue?, LogHolder>? HolderOf { get; init; }

    public int Count => _keys.Count;

    // The newest visible entry. No lock: the visible position is read first, and what is newer is passed over.
    public StoreEntry<TValue> Read(TKey key)
    {
        while (true)
        {
            // First: what the key's place shows afterwards is at least as new.
            long visible = Database.Visible.Value;
            StoreVersionNode<TKey, TValue>? newest = _keys.Newest(key);
            if (newest?.At(visible) is { } node)
            {
                return node.Entry;
            }

            // Either there was nothing at that position, or it was forgotten because a newer one had just become visible.
            if (newest is null || Database.Visible.Value == visible)
            {
                return default;
            }
        }
    }

    // All keys as they are at one position.
    public List<KeyValuePair<TKey, StoreEntry<TValue>>> ReadAll()
    {
        using DatabaseTransaction snapshot = Database.Begin();
        return [.. AllAt(snapshot.Snapshot.Value)];
    }

    public StoreVersionNode<TKey, TValue>? ReadAt(TKey key, LogPosition snapshot) =>
        _keys.Newest(key)?.At(snapshot.Value);

    public StoreVersionNode<TKey, TValue>? ReadNewest(TKey key) => _keys.Newest(key);

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
            Resize_NeedsSequencer(GrowthBytes_NeedsSequencer(change.Key, exists: false, recordBytes: 0));
            Track_NeedsSequencer(change.Key, ReadNewest(change.Key), now: null);
            RemoveKey_NeedsSequencer(change.Key);
            return;
        }

        int recordBytes = RecordFormat.HeaderBytes + record.Body.Length;
        Resize_NeedsSequencer(GrowthBytes_NeedsSequencer(change.Key, !change.IsDelete, recordBytes));
        StoreVersionNode<TKey, TValue>? before = ReadNewest(change.Key);
        long version = change.IsDelete ? 0 : (before?.Version ?? 0) + 1;
        StoreVersionNode<TKey, TValue> node = new(change.Key, change.Value, change.Revision.Value, version, keeps ? before : null) { RecordBytes = recordBytes, DeadlineTicks = deadlineTicks };
        Put_NeedsSequencer(node, before);
        Track_NeedsSequencer(change.Key, before, node);
        if (keeps)
        {
            Keep(node, OldestNeeded(change.Revision.Value));
        }
    }

    public StoreVersionNode<TKey, TValue> Stage_NeedsSequencer(TKey key, TValue? value, bool exists, LogPosition position, int recordBytes, long deadlineTicks)
    {
        StoreVersionNode<TKey, TValue>? before = ReadNewest(key);
        Resize_NeedsSequencer(BytesOf(exists, recordBytes) - BytesOf(before));
        StoreVersionNode<TKey, TValue> node = new(key, value, position.Value, exists ? (before?.Version ?? 0) + 1 : 0, before) { RecordBytes = recordBytes, DeadlineTicks = deadlineTicks };
        Put_NeedsSequencer(node, before);
        Track_NeedsSequencer(key, before, node);
        ArmSweep_NeedsSequencer();
        NewestChange = position;
        return node;
    }

    // Called in log order by one thread at a time. Old versions that a snapshot may still read are forgotten at a later call.
    public void Publish(StoreVersionNode<TKey, TValue> node) => Keep(node, OldestNeeded(Database.Visible.Value));

    private void Keep(StoreVersionNode<TKey, TValue> node, long oldest)
    {
        while (_keptForSnapshots.TryPeek(out StoreVersionNode<TKey, TValue>? kept) && kept.Revision <= oldest)
        {
            _keptForSnapshots.Dequeue();
            Forget(kept);
        }

        if (node.Revision <= oldest)
        {
            Forget(node);
        }
        else
        {
            _keptForSnapshots.Enqueue(node);
        }
    }

    private void Forget(StoreVersionNode<TKey, TValue> node)
    {
        node.ForgetPrevious();
        if (node.Exists)
        {
            return;
        }

        lock (Database.Sequencer)
        {
            if (ReferenceEquals(ReadNewest(node.Key), node))
            {
                RemoveKey_NeedsSequencer(node.Key);
            }
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
