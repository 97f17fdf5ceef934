using DataIntensive.Internal;
using DataIntensive.Transactions;

namespace DataIntensive.Idempotency;

// The state in state snapshots. Entries: u8 kind, and by kind:
//   1 clock:     i64 the newest time that was seen
//   2 completed: key, varint position, i64 completed at, fingerprint, varint fencing token, result; in the order of their positions
//   3 open:      key, varint fencing token, i64 claimed at, fingerprint, u8 1 when it is claimed, varint first and newest position,
//                u8 1 and a result when it is failing, varint number of steps, each: name, u8 1 can be undone + 2 was undone, result
internal sealed partial class IdempotencyState
{
    private const byte ClockEntry = 1;
    private const byte CompletedEntry = 2;
    private const byte OpenEntry = 3;

    // What commits that may not be durable yet, or that an open snapshot does not see, have replaced: with the position from which on
    // that is so.
    private readonly Lock _forgottenGate = new();
    private readonly Queue<Forgotten> _forgotten = new();

    public override byte SnapshotForm => 1;

    internal int ForgottenCount
    {
        get
        {
            lock (_forgottenGate)
            {
                return _forgotten.Count;
            }
        }
    }

    public void Publish()
    {
        // The oldest snapshot is asked for after the visible position has advanced: one that is opened later sees what replaced this.
        long needed = Math.Min(Database.Visible.Value, Database.Snapshots.Oldest);
        lock (_forgottenGate)
        {
            while (_forgotten.TryPeek(out Forgotten? oldest) && oldest.At.Value <= needed)
            {
                _forgotten.Dequeue();
            }
        }
    }

    public override void WriteSnapshot(StateSnapshotWriter writer, LogPosition at)
    {
        // The tables first, then what has left them: what leaves in between is met once at least.
        List<(IdempotencyKey Key, StoredResult Result)> completed = [];
        foreach (KeyEntry entry in _entries.All())
        {
            if (entry is StoredResult result && result.Position <= at)
            {
                completed.Add((entry.Key, result));
            }
        }

        Dictionary<IdempotencyKey, OpenKey> open = [];
        foreach ((IdempotencyKey key, OpenKey entry) in _open)
        {
            if (entry.Newest <= at)
            {
                open[key] = entry;
            }
        }

        AddForgotten(completed, open, at);
        completed.Sort(static (left, right) => left.Result.Position.CompareTo(right.Result.Position));
        writer.WriteByte(ClockEntry);
        writer.WriteInt64(_clock.Newest);
        writer.EndEntry();
        LogPosition before = LogPosition.Start;
        foreach ((IdempotencyKey key, StoredResult result) in completed)
        {
            if (result.Position > before)
            {
                Write(writer, key, result);
            }

            before = result.Position;
        }

        foreach ((IdempotencyKey key, OpenKey entry) in open.OrderBy(pair => pair.Value.FencingToken))
        {
            Write(writer, key, entry);
        }
    }

    public override void ReadSnapshot(StateSnapshotReader reader, byte form, LogPosition at)
    {
        while (reader.TryReadBlock(out ReadOnlyMemory<byte> block))
        {
            SpanReader entries = new(block.Span);
            while (!entries.Rest.IsEmpty)
            {
                ReadEntry(ref entries, at);
            }
        }
    }

    private void KeepForSnapshots(IdempotencyKey key, OpenKey? open, StoredResult? completed, LogPosition at)
    {
        // While replaying nothing can be looked at.
        if (!_isLive)
        {
            return;
        }

        lock (_forgottenGate)
        {
            _forgotten.Enqueue(new Forgotten(key, open, completed, at));
        }
    }

    private void AddForgotten(List<(IdempotencyKey Key, StoredResult Result)> completed, Dictionary<IdempotencyKey, OpenKey> open, LogPosition at)
    {
        lock (_forgottenGate)
        {
            foreach (Forgotten forgotten in _forgotten)
            {
                if (forgotten.At <= at)
                {
                    continue;
                }

                if (forgotten.Completed is { } result && result.Position <= at)
                {
                    completed.Add((forgotten.Key, result));
                }

                if (forgotten.Open is { } entry && entry.Newest <= at)
                {
                    open[forgotten.Key] = entry;
                }
            }
        }
    }

    private static void Write(StateSnapshotWriter writer, IdempotencyKey key, StoredResult result)
    {
        writer.WriteByte(CompletedEntry);
        key.CopyTo(writer.GetSpan(IdempotencyKey.SizeBytes));
        writer.Advance(IdempotencyKey.SizeBytes);
        writer.WriteVarint((ulong)result.Position.Value);
        writer.WriteInt64(result.CompletedAt);
        WriteFingerprint(writer, result.Fingerprint);
        writer.WriteVarint((ulong)result.FencingToken);
        WriteResult(writer, result);
        writer.EndEntry();
    }

    private void Write(StateSnapshotWriter writer, IdempotencyKey key, OpenKey open)
    {
        writer.WriteByte(OpenEntry);
        key.CopyTo(writer.GetSpan(IdempotencyKey.SizeBytes));
        writer.Advance(IdempotencyKey.SizeBytes);
        writer.WriteVarint((ulong)open.FencingToken);
        writer.WriteInt64(open.ClaimedAt);
        WriteFingerprint(writer, open.Fingerprint);
        writer.WriteByte(open.IsClaimed ? (byte)1 : (byte)0);
        writer.WriteVarint((ulong)open.First.Value);
        writer.WriteVarint((ulong)open.Newest.Value);
        writer.WriteByte(open.Progress.Failure is null ? (byte)0 : (byte)1);
        if (open.Progress.Failure is { } failure)
        {
            WriteResult(writer, StoredResult.OfFailure(failure, _options.MaxResultBytes));
        }

        writer.WriteVarint((ulong)open.Progress.Steps.Length);
        foreach (RecordedStep step in open.Progress.Steps)
        {
            writer.WriteString(step.Name);
            writer.WriteByte((byte)((step.IsCompensable ? 1 : 0) | (step.IsCompensated ? 2 : 0)));
            WriteResult(writer, (StoredResult)step.Result);
        }

        writer.EndEntry();
    }

    private void ReadEntry(ref SpanReader reader, LogPosition at)
    {
        byte kind = reader.ReadByte();
        if (kind == ClockEntry)
        {
            _clock.Raise(reader.ReadInt64());
            return;
        }

        IdempotencyKey key = new(reader.Rest);
        reader = new SpanReader(reader.Rest[IdempotencyKey.SizeBytes..]);
        if (kind == CompletedEntry)
        {
            ReadCompleted(ref reader, key, at);
        }
        else if (kind == OpenEntry)
        {
            ReadOpen(ref reader, key, at);
        }
        else
        {
            throw new LogFormatException($"The state snapshot at {at} has an entry of an unknown kind {kind} for {this}. Use a newer version of the library.");
        }
    }

    private void ReadCompleted(ref SpanReader reader, IdempotencyKey key, LogPosition at)
    {
        LogPosition position = new((long)reader.ReadVarint());
        long completedAt = reader.ReadInt64();
        IdempotencyFingerprint fingerprint = ReadFingerprint(ref reader);
        long fencingToken = (long)reader.ReadVarint();
        StoredResult result = ReadResult(ref reader, at);
        result.Position = position;
        result.CompletedAt = completedAt;
        result.Fingerprint = fingerprint;
        result.FencingToken = fencingToken;
        AddCompleted(key, result);
    }

    private void ReadOpen(ref SpanReader reader, IdempotencyKey key, LogPosition at)
    {
        long fencingToken = (long)reader.ReadVarint();
        long claimedAt = reader.ReadInt64();
        IdempotencyFingerprint fingerprint = ReadFingerprint(ref reader);
        bool isClaimed = reader.ReadByte() != 0;
        LogPosition first = new((long)reader.ReadVarint());
        LogPosition newest = new((long)reader.ReadVarint());
        DefiniteFailure? failure = reader.ReadByte() == 0 ? null : ReadResult(ref reader, at).Failure;
        RecordedStep[] steps = new RecordedStep[(int)reader.ReadVarint()];
        for (int index = 0; index < steps.Length; index++)
        {
            string name = reader.ReadString();
            byte flags = reader.ReadByte();
            steps[index] = new RecordedStep(name, ReadResult(ref reader, at), (flags & 1) != 0, (flags & 2) != 0);
        }

        SetOpen(key, new OpenKey(fencingToken, claimedAt, fingerprint)
        {
            IsClaimed = isClaimed,
            First = first,
            Newest = newest,
            Progress = new KeyProgress([.. steps], failure),
        });
        _claimsByAge.Enqueue((key, fencingToken, claimedAt));
    }

    private sealed record Forgotten(IdempotencyKey Key, OpenKey? Open, StoredResult? Completed, LogPosition At);
}
