using System.Diagnostics.CodeAnalysis;
using DataIntensive.Internal;
using DataIntensive.Logs;
using DataIntensive.Transactions;

namespace DataIntensive.Idempotency;

// The completed keys of one processor. Record: u8 kind (1), key (32 bytes), i64 completed at (UTC ticks), u8 kind of result, codec name
// (varint length, UTF-8), u8 codec version, result (varint length, bytes). An expired key needs no record: age is judged when it is read.
internal sealed class IdempotencyState : DerivedState, ICompletions
{
    public const string StateKind = "idempotency";
    private const byte Completed = 1;

    private readonly IdempotencyOptions _options;
    private readonly RetentionClock _clock;
    private readonly CompletedKeys<StoredResult> _completed;
    private string _lastCodec = "";

    public IdempotencyState(Database database, string name, IdempotencyOptions options)
        : base(database, StateKind, name, "sha256")
    {
        _options = options;
        _clock = new RetentionClock(database.TimeProvider, options.Retention);
        _completed = new CompletedKeys<StoredResult>(options, _clock);
        Executions = new Executions(this);
    }

    // Shared by all handles of this processor.
    public Executions Executions { get; }

    public int MaxResultBytes => _options.MaxResultBytes;

    public int CompletedCount => _completed.Count;

    // No position of an earlier completion is kept for snapshots: a key is completed again only when the earlier one was not to be
    // found any more, and a transaction that began in between conflicts over the newer one.
    public bool TryGetAt(IdempotencyKey key, LogPosition position, [MaybeNullWhen(false)] out StoredResult result) =>
        _completed.TryGet(key, out result) && result.Position <= position;

    public bool TryGetNewest_NeedsSequencer(IdempotencyKey key, [MaybeNullWhen(false)] out StoredResult result) => _completed.TryGet(key, out result);

    // Where a key was completed last, however long ago; the start when that is forgotten.
    public LogPosition PositionOf_NeedsSequencer(IdempotencyKey key) =>
        _completed.TryGetAnyAge(key, out StoredResult? result) ? result.Position : LogPosition.Start;

    public IdempotencyChanges Join(DatabaseTransaction transaction) =>
        transaction.Changes(this, static (state, transaction) => new IdempotencyChanges(state, transaction));

    // The time is filled in by the sequencer, so that it ascends with the positions.
    public int Append(LogBatch batch, IdempotencyKey key, StoredResult result, out int timeMark)
    {
        batch.BeginRecord(Tag);
        batch.WriteByte(Completed);
        key.CopyTo(batch.GetSpan(IdempotencyKey.SizeBytes));
        batch.Advance(IdempotencyKey.SizeBytes);
        timeMark = batch.MarkHere();
        batch.WriteInt64(0);
        batch.WriteByte((byte)result.Kind);
        batch.WriteString(result.Codec);
        batch.WriteByte(result.Version);
        batch.WriteBytes(result.Bytes);
        return batch.EndRecord();
    }

    public long Stamp_NeedsSequencer() => _clock.Stamp();

    public void Stage_NeedsSequencer(IdempotencyKey key, StoredResult result)
    {
        _completed.Add_NeedsLock(key, result);
        _completed.Sweep_NeedsLock();
    }

    public override void Replay(in LogRecord record)
    {
        SpanReader reader = new(record.Body.Span);
        byte kind = reader.ReadByte();
        if (kind != Completed)
        {
            throw new LogFormatException($"The record at position {record.Position} of {this} is of an unknown kind {kind}. Use a newer version of the library.");
        }

        IdempotencyKey key = new(reader.Rest);
        reader = new SpanReader(reader.Rest[IdempotencyKey.SizeBytes..]);
        long completedAt = reader.ReadInt64();
        StoredResultKind resultKind = (StoredResultKind)reader.ReadByte();
        if (resultKind > StoredResultKind.NotKept)
        {
            throw new LogFormatException($"The record at position {record.Position} of {this} has a result of an unknown kind {(byte)resultKind}. Use a newer version of the library.");
        }

        StoredResult result = new(resultKind, Shared(reader.ReadString()), reader.ReadByte(), reader.ReadBytes().ToArray())
        {
            CompletedAt = completedAt,
            Position = record.Position,
        };

        // The clock may have been set back while the database was closed.
        _clock.Raise(completedAt);
        _completed.Add_NeedsLock(key, result);
    }

    public override void ReplayDone() => _completed.Sweep_NeedsLock(int.MaxValue);

    bool ICompletions.TryRead<T>(IdempotencyKey key, ICodec<T>? codec, [MaybeNullWhen(false)] out T result)
    {
        bool found = TryGetAt(key, Database.Visible, out StoredResult? stored);
        result = found ? stored!.Decode(key, codec!) : default;
        return found;
    }

    async ValueTask<bool> ICompletions.IsCompletedAsync(IdempotencyKey key, CancellationToken cancellationToken)
    {
        // Through the sequencer, which knows of transactions on their way to the disk, and refuses when nothing could be recorded.
        (bool completed, _) = await Database.RunInSequencerAsync(
            static (transaction, call) => call.State.Join(transaction).TryRead(call.Key, out _),
            (State: this, Key: key),
            durability: null,
            cancellationToken).ConfigureAwait(false);
        return completed;
    }

    // The effect has happened: whatever is wrong with the result, the key is completed.
    async ValueTask ICompletions.KeepAsync<T>(IdempotencyKey key, T result, ICodec<T>? codec)
    {
        StoredResult stored = EncodeOrDrop(result, codec!);
        try
        {
            await CompleteAsync(key, stored).ConfigureAwait(false);
        }
        catch (ArgumentException) when (stored.Kind == StoredResultKind.Value)
        {
            // Larger than the log takes in one commit.
            await CompleteAsync(key, StoredResult.WithoutResult(codec!)).ConfigureAwait(false);
        }
    }

    private StoredResult EncodeOrDrop<T>(T result, ICodec<T> codec)
    {
        try
        {
            return StoredResult.Encode(result, codec, _options.MaxResultBytes);
        }
        catch (Exception)
        {
            return StoredResult.WithoutResult(codec);
        }
    }

    private async ValueTask CompleteAsync(IdempotencyKey key, StoredResult result) =>
        await Database.RunInSequencerAsync(
            static (transaction, call) =>
            {
                call.State.Join(transaction).Complete(call.Key, call.Result, byItsExecution: true);
                return true;
            },
            (State: this, Key: key, Result: result),
            durability: null,
            CancellationToken.None).ConfigureAwait(false);

    // Most results are of few codecs: one string serves many.
    private string Shared(string codec) => codec == _lastCodec ? _lastCodec : _lastCodec = codec;
}
