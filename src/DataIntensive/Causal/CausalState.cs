using System.Buffers;
using DataIntensive.Internal;
using DataIntensive.Logs;
using DataIntensive.Transactions;

namespace DataIntensive.Causal;

// One replica in a database. What is sequenced and what is visible are kept apart: counters are given and updates are ordered on top
// of the newest sequenced clock, and readers see a replica that gets each update when its commit is durable.
// Record, one per update, own or received: u8 kind, replica (length, UTF-8), varint counter, dependencies (VectorClock.WriteTo), key
// (codec version, length, bytes), and for a write the value in the same form.
internal sealed class CausalState<TKey, TValue>(Database database, string name, ReplicaId replica, ICodec<TKey> keys, ICodec<TValue> values, CausalStoreOptions options)
    : DerivedState(database, CausalKind, name, $"replica {replica}: {keys.Name}->{values.Name}")
    where TKey : notnull
{
    public const string CausalKind = "causal";
    private const byte Written = 1;
    private const byte Deleted = 2;

    // Received updates share commits up to this size, so that one exchange neither outgrows a commit nor holds the sequencer for long.
    private const int ReceivedCommitBytes = 256 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _scratch;

    private readonly CausalInbox<TKey, TValue> _inbox = new(replica, options.MaxBufferedUpdates);

    private readonly Dictionary<string, ReplicaId> _names = new(StringComparer.Ordinal) { [replica.Value] = replica };

    // The newest sequenced updates; ahead of the visible replica by what is not durable yet.
    private VectorClock _sequenced;

    public ReplicaId Replica => replica;

    public CausalReplica<TKey, TValue> Visible { get; } = new(options.MaxKeptUpdates);

    public int BufferedCount => _inbox.Count;

    public CausalUpdate<TKey, TValue> Write_NeedsSequencer(DatabaseTransaction transaction, TKey key, TValue? value, bool isDelete, VectorClock? dependencies)
    {
        Dot dot = new(replica, _sequenced[replica] + 1);
        CausalUpdate<TKey, TValue> update = new(dot, dependencies ?? _sequenced, key, value, isDelete);
        Append(transaction.Batch, update);
        Join(transaction).Add(update);
        return update;
    }

    // One commit's worth of what the arrived updates make possible. The clock is what must be visible before the call may return.
    public (bool More, VectorClock Clock) Receive_NeedsSequencer(DatabaseTransaction transaction, IReadOnlyList<CausalUpdate<TKey, TValue>> arrived)
    {
        _inbox.ThrowIfIdReused(_sequenced, arrived);
        List<CausalUpdate<TKey, TValue>> applicable = _inbox.Applicable(_sequenced, arrived);
        if (applicable.Count == 0)
        {
            _inbox.Buffer(_sequenced, arrived);
            return (More: false, _sequenced);
        }

        LogBatch batch = transaction.Batch;
        long room = Math.Min(ReceivedCommitBytes, Math.Min(Database.Options.Log.MaxCommitBytes, Database.Options.MemoryLogBytes));
        foreach (CausalUpdate<TKey, TValue> update in applicable)
        {
            int length = batch.SizeBytes;
            int count = batch.Count;
            Append(batch, update);
            if (count > 0 && batch.SizeBytes > room)
            {
                batch.Rewind(length, count);
                break;
            }

            Join(transaction).Add(update);
        }

        return (More: true, _sequenced);
    }

    public void Stage_NeedsSequencer(CausalUpdate<TKey, TValue> update)
    {
        _sequenced = _sequenced.With(update.Dot);
        _inbox.Applied(update.Dot);
    }

    public override void Replay(in LogRecord record)
    {
        CausalUpdate<TKey, TValue> update = Decode(record);
        _sequenced = _sequenced.With(update.Dot);
        Visible.Apply(update);
    }

    public override void ReplayDone() => _ = FailWaitersAtTheEndAsync();

    private CausalChanges<TKey, TValue> Join(DatabaseTransaction transaction) =>
        transaction.Changes(this, static (state, _) => new CausalChanges<TKey, TValue>(state));

    // No position is the last one, so this waits until the database is closed or poisoned, and tells those who wait for updates that
    // cannot come any more.
    private async Task FailWaitersAtTheEndAsync()
    {
        try
        {
            await Database.WaitVisibleAsync(new LogPosition(long.MaxValue), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Visible.FailWaiters(exception);
        }
    }

    private void Append(LogBatch batch, CausalUpdate<TKey, TValue> update)
    {
        int length = batch.SizeBytes;
        int count = batch.Count;
        ArrayBufferWriter<byte> scratch = _scratch ??= new ArrayBufferWriter<byte>();
        scratch.ResetWrittenCount();
        try
        {
            batch.BeginRecord(Tag);
            batch.WriteByte(update.IsDelete ? Deleted : Written);
            batch.WriteString(update.Dot.Replica.Value);
            batch.WriteVarint((ulong)update.Dot.Counter);
            update.Dependencies.WriteTo(batch);
            batch.WriteWith(keys, update.Key, scratch);
            if (!update.IsDelete)
            {
                batch.WriteWith(values, update.Value!, scratch);
            }

            batch.EndRecord();
        }
        catch
        {
            // A codec that fails leaves no half record behind.
            batch.Rewind(length, count);
            throw;
        }
    }

    private CausalUpdate<TKey, TValue> Decode(in LogRecord record)
    {
        SpanReader reader = new(record.Body.Span);
        byte kind = reader.ReadByte();
        if (kind is not (Written or Deleted))
        {
            throw new LogFormatException($"The record at position {record.Position} of {this} is of an unknown kind {kind}. Use a newer version of the library.");
        }

        Dot dot = VectorClock.ReadDotFrom(ref reader, _names);
        VectorClock dependencies = VectorClock.ReadFrom(ref reader, _names);
        TKey key = reader.ReadWith(keys);
        return new CausalUpdate<TKey, TValue>(dot, dependencies, key, kind == Written ? reader.ReadWith(values) : default, kind == Deleted);
    }
}
