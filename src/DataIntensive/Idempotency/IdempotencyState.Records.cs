using System.Buffers;
using DataIntensive.Internal;
using DataIntensive.Logs;

namespace DataIntensive.Idempotency;

// Records: u8 kind, key (32 bytes), and by kind:
//   1 completed:   i64 completed at (UTC ticks), fingerprint, varint fencing token (0 of a transaction), result
//   2 claimed:     i64 claimed at, fingerprint; its position is the fencing token
//   3 released:    varint fencing token, i64 claimed at
//   4 step done:   varint fencing token, name, u8 1 when it can be undone, result
//   5 step undone: varint fencing token, name
//   6 failing:     varint fencing token, result that holds the failure
// A fingerprint is u8 0, or u8 1 and 32 bytes. A result is u8 kind, codec name, u8 codec version, bytes; names and bytes have a varint length
// in front. Times are filled in by the sequencer, so that they ascend with the positions. An expired key needs no record: age is
// judged when it is read.
internal sealed partial class IdempotencyState
{
    private const byte CompletedKind = 1;
    private const byte ClaimedKind = 2;
    private const byte ReleasedKind = 3;
    private const byte StepDoneKind = 4;
    private const byte StepUndoneKind = 5;
    private const byte FailingKind = 6;

    public int AppendCompleted(LogBatch batch, IdempotencyKey key, StoredResult result, out int timeMark)
    {
        Begin(batch, CompletedKind, key);
        timeMark = batch.MarkHere();
        batch.WriteInt64(0);
        WriteFingerprint(batch, result.Fingerprint);
        batch.WriteVarint((ulong)result.FencingToken);
        WriteResult(batch, result);
        return batch.EndRecord();
    }

    public int AppendClaimed(LogBatch batch, IdempotencyKey key, IdempotencyFingerprint fingerprint, out int timeMark)
    {
        Begin(batch, ClaimedKind, key);
        timeMark = batch.MarkHere();
        batch.WriteInt64(0);
        WriteFingerprint(batch, fingerprint);
        return batch.EndRecord();
    }

    public int AppendReleased(LogBatch batch, IdempotencyKey key, OpenKey open)
    {
        Begin(batch, ReleasedKind, key);
        batch.WriteVarint((ulong)open.FencingToken);
        batch.WriteInt64(open.ClaimedAt);
        return batch.EndRecord();
    }

    public int AppendChange(LogBatch batch, IdempotencyKey key, long fencingToken, KeyChange change)
    {
        switch (change)
        {
            case KeyChange.StepDone done:
                Begin(batch, StepDoneKind, key);
                batch.WriteVarint((ulong)fencingToken);
                batch.WriteString(done.Name);
                batch.WriteByte(done.IsCompensable ? (byte)1 : (byte)0);
                WriteResult(batch, (StoredResult)done.Result);
                break;
            case KeyChange.StepCompensated undone:
                Begin(batch, StepUndoneKind, key);
                batch.WriteVarint((ulong)fencingToken);
                batch.WriteString(undone.Name);
                break;
            case KeyChange.FailureDecided decided:
                Begin(batch, FailingKind, key);
                batch.WriteVarint((ulong)fencingToken);
                WriteResult(batch, StoredResult.OfFailure(decided.Failure, _options.MaxResultBytes));
                break;
        }

        return batch.EndRecord();
    }

    public override void Replay(in LogRecord record)
    {
        SpanReader reader = Open(record, out byte kind, out IdempotencyKey key);
        switch (kind)
        {
            case CompletedKind:
                ReplayCompleted(record.Position, key, reader);
                break;
            case ClaimedKind:
                ReplayClaimed(record.Position, key, reader);
                break;
            default:
                ReplayChange(record.Position, kind, key, reader);
                break;
        }
    }

    // As long as its key can be found by it. A claim must not outlive the record of its end: it would be taken for one of unknown outcome.
    public override bool IsAlive(in LogRecord record)
    {
        SpanReader reader = Open(record, out byte kind, out IdempotencyKey key);
        bool isOpen = _open.TryGetValue(key, out OpenKey? open) && record.Position >= open.First;
        switch (kind)
        {
            case CompletedKind:
                long completedAt = reader.ReadInt64();
                ReadFingerprint(ref reader);
                bool endsClaim = reader.ReadVarint() != 0;
                return !_clock.IsExpired(completedAt)
                    && (endsClaim || (_entries.Find(key) is StoredResult entry && entry.Position == record.Position));
            case ReleasedKind:
                reader.ReadVarint();
                return isOpen || !_clock.IsExpired(reader.ReadInt64());
            default:
                return isOpen;
        }
    }

    private void Begin(LogBatch batch, byte kind, IdempotencyKey key)
    {
        batch.BeginRecord(Tag);
        batch.WriteByte(kind);
        key.CopyTo(batch.GetSpan(IdempotencyKey.SizeBytes));
        batch.Advance(IdempotencyKey.SizeBytes);
    }

    private static void WriteFingerprint(IBufferWriter<byte> destination, IdempotencyFingerprint fingerprint)
    {
        destination.WriteByte(fingerprint.IsNone ? (byte)0 : (byte)1);
        if (!fingerprint.IsNone)
        {
            fingerprint.CopyTo(destination.GetSpan(IdempotencyKey.SizeBytes));
            destination.Advance(IdempotencyKey.SizeBytes);
        }
    }

    private static void WriteResult(IBufferWriter<byte> destination, StoredResult result)
    {
        destination.WriteByte((byte)result.Kind);
        destination.WriteString(result.Codec);
        destination.WriteByte(result.Version);
        destination.WriteBytes(result.Bytes);
    }

    private static IdempotencyFingerprint ReadFingerprint(ref SpanReader reader)
    {
        if (reader.ReadByte() == 0)
        {
            return default;
        }

        IdempotencyFingerprint fingerprint = new(new IdempotencyKey(reader.Rest));
        reader = new SpanReader(reader.Rest[IdempotencyKey.SizeBytes..]);
        return fingerprint;
    }

    private SpanReader Open(in LogRecord record, out byte kind, out IdempotencyKey key)
    {
        SpanReader reader = new(record.Body.Span);
        kind = reader.ReadByte();
        if (kind is < CompletedKind or > FailingKind)
        {
            throw new LogFormatException($"The record at position {record.Position} of {this} is of an unknown kind {kind}. Use a newer version of the library.");
        }

        key = new IdempotencyKey(reader.Rest);
        return new SpanReader(reader.Rest[IdempotencyKey.SizeBytes..]);
    }

    private void ReplayCompleted(LogPosition position, IdempotencyKey key, SpanReader reader)
    {
        long completedAt = reader.ReadInt64();
        IdempotencyFingerprint fingerprint = ReadFingerprint(ref reader);
        long fencingToken = (long)reader.ReadVarint();
        StoredResult result = ReadResult(ref reader, position);
        result.CompletedAt = completedAt;
        result.Fingerprint = fingerprint;
        result.FencingToken = fencingToken;
        result.Position = position;

        // The clock may have been set back while the database was closed.
        _clock.Raise(completedAt);
        if (fencingToken != 0)
        {
            SetOpen(key, null);
        }

        AddCompleted(key, result);
    }

    private void ReplayClaimed(LogPosition position, IdempotencyKey key, SpanReader reader)
    {
        long claimedAt = reader.ReadInt64();
        IdempotencyFingerprint fingerprint = ReadFingerprint(ref reader);
        _clock.Raise(claimedAt);
        _open.TryGetValue(key, out OpenKey? before);
        bool goesOn = before is not null && claimedAt - before.ClaimedAt < _options.Retention.Ticks;
        SetOpen(key, new OpenKey(position.Value, claimedAt, fingerprint)
        {
            First = goesOn ? before!.First : position,
            Newest = position,
            Progress = goesOn ? before!.Progress : KeyProgress.None,
        });
        _claimsByAge.Enqueue((key, position.Value, claimedAt));
    }

    private void ReplayChange(LogPosition position, byte kind, IdempotencyKey key, SpanReader reader)
    {
        long fencingToken = (long)reader.ReadVarint();

        // Compaction may have left a part of what nobody needs any more. The end of a run is that of every run before it.
        if (!_open.TryGetValue(key, out OpenKey? open) || (open.FencingToken != fencingToken && (kind != ReleasedKind || open.FencingToken > fencingToken)))
        {
            return;
        }

        KeyChange? change = kind switch
        {
            StepDoneKind => ReadStep(ref reader, position),
            StepUndoneKind => new KeyChange.StepCompensated(reader.ReadString()),
            FailingKind => new KeyChange.FailureDecided(ReadResult(ref reader, position).Failure!),
            _ => null,
        };
        OpenKey next = change is null
            ? open with { IsClaimed = false, Newest = position }
            : open with { Progress = open.Progress.With(change), Newest = position };
        SetOpen(key, next.IsClaimed || !next.Progress.IsNone ? next : null);
    }

    private KeyChange.StepDone ReadStep(ref SpanReader reader, LogPosition position)
    {
        string name = reader.ReadString();
        bool isCompensable = reader.ReadByte() != 0;
        return new KeyChange.StepDone(name, ReadResult(ref reader, position), isCompensable);
    }

    private StoredResult ReadResult(ref SpanReader reader, LogPosition position)
    {
        StoredResultKind kind = (StoredResultKind)reader.ReadByte();
        if (kind > StoredResultKind.Failure)
        {
            throw new LogFormatException($"The record at position {position} of {this} has a result of an unknown kind {(byte)kind}. Use a newer version of the library.");
        }

        return new StoredResult(kind, Shared(reader.ReadString()), reader.ReadByte(), reader.ReadBytes().ToArray());
    }

    // Most results are of few codecs: one string serves many.
    private string Shared(string codec) => codec == _lastCodec ? _lastCodec : _lastCodec = codec;
}
