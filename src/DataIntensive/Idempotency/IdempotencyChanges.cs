using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using DataIntensive.Diagnostics;
using DataIntensive.Transactions;

namespace DataIntensive.Idempotency;

// What one transaction read and wrote of one processor.
internal sealed class IdempotencyChanges(IdempotencyState state, DatabaseTransaction transaction) : StateChanges
{
    private const int SmallBytes = 1024;

    // What was found first stays so for the transaction, also when it becomes too old meanwhile.
    private readonly Dictionary<IdempotencyKey, StoredResult?> _reads = [];
    private readonly Dictionary<IdempotencyKey, Completion> _completions = [];

    // Of runs, which write one record in a transaction of their own.
    private Opening? _opening;
    private bool _grows;

    public int MaxResultBytes => state.MaxResultBytes;

    // What tells how a run went on is taken on a full disk too: it has happened.
    public override bool Grows => _grows;

    public bool TryRead(in IdempotencyRequest request, [MaybeNullWhen(false)] out StoredResult result)
    {
        if (!TryRead(request.Key, out result))
        {
            return false;
        }

        if (result.Fingerprint.Contradicts(request.Fingerprint))
        {
            state.Metrics.Add(IdempotencyMetrics.Mismatched);
            result.ThrowIfOther(request);
        }

        return true;
    }

    public void CountReplay() => state.Metrics.Add(IdempotencyMetrics.Replayed);

    // A run outside would not see what this transaction completes: both effects would happen. The same holds for one that may have had
    // its effect in an earlier life, and for what steps have done.
    public void ThrowIfOpen(IdempotencyKey key)
    {
        if (state.Executions.IsRunning(key))
        {
            throw new InvalidOperationException(
                $"An operation is running for the key {key} outside of transactions. Complete a key either by ExecuteAsync or in transactions.");
        }

        if (state.FreshOpenOf(key) is { } open)
        {
            throw open.IsClaimed
                ? new IdempotencyOutcomeUnknownException(open.ToUnknown(key))
                : new InvalidOperationException($"Steps were recorded for the key {key} outside of transactions. Complete a key either by ExecuteAsync or in transactions.");
        }
    }

    public void Complete(in IdempotencyRequest request, StoredResult result)
    {
        IdempotencyKey key = request.Key;
        if (TryRead(key, out _))
        {
            throw new InvalidOperationException($"The key {key} is completed already. Ask TryReplay before the effect.");
        }

        ThrowIfOpen(key);
        result.Fingerprint = request.Fingerprint;
        Append(key, result);
        _grows = true;
    }

    public void CompleteRun(in IdempotencyRequest request, StoredResult result)
    {
        OpenOf(request.Key, result.FencingToken);
        Append(request.Key, result);
        _grows = result.Bytes.Length > SmallBytes;
    }

    public Claim Claim(in IdempotencyRequest request, long overUnknown)
    {
        IdempotencyKey key = request.Key;
        if (TryRead(key, out _))
        {
            return new Claim(ClaimKind.Completed);
        }

        OpenKey? open = state.OpenOf(key) is { } found && found.FencingToken == overUnknown ? found : state.FreshOpenOf(key);
        if (open is not null)
        {
            transaction.DependOn(open.Newest);
            if (open.Fingerprint.Contradicts(request.Fingerprint))
            {
                throw new IdempotencyMismatchException(key, open.Fingerprint, request.Fingerprint);
            }

            if (open.IsClaimed && open.FencingToken != overUnknown)
            {
                return new Claim(ClaimKind.Unknown, Unknown: open.ToUnknown(key));
            }
        }

        KeyProgress progress = open?.Progress ?? KeyProgress.None;
        IdempotencyFingerprint fingerprint = request.Fingerprint.IsNone && open is not null ? open.Fingerprint : request.Fingerprint;
        int record = state.AppendClaimed(transaction.Batch, key, fingerprint, out int timeMark);
        _opening = new Opening(key, new OpenKey(0, 0, fingerprint) { Progress = progress, First = open?.First ?? default }, record) { TimeMark = timeMark };
        _grows = true;
        return new Claim(ClaimKind.Claimed, Progress: progress);
    }

    public void ThrowIfLost(IdempotencyKey key, long fencingToken) => OpenOf(key, fencingToken);

    public void Release(IdempotencyKey key, long fencingToken)
    {
        OpenKey open = OpenOf(key, fencingToken);
        int record = state.AppendReleased(transaction.Batch, key, open);
        _opening = new Opening(key, open.Progress.IsNone ? null : open with { IsClaimed = false }, record);
    }

    public void Record(IdempotencyKey key, long fencingToken, KeyChange change)
    {
        OpenKey open = OpenOf(key, fencingToken);
        int record = state.AppendChange(transaction.Batch, key, fencingToken, change);
        _opening = new Opening(key, open with { Progress = open.Progress.With(change) }, record);
        _grows = change is KeyChange.StepDone { Result: StoredResult { Bytes.Length: > SmallBytes } };
    }

    public override long GrowthBytes_NeedsSequencer()
    {
        long growth = 0;
        foreach ((IdempotencyKey key, Completion completion) in _completions)
        {
            growth += state.GrowthOf_NeedsSequencer(key, completion.Result);
        }

        return growth + (_opening is { } opening ? (opening.Open?.SizeBytes ?? 0) - state.OpenSizeOf_NeedsSequencer(opening.Key) : 0);
    }

    public override TransactionConflict? Validate_NeedsSequencer(TransactionIsolation isolation, LogPosition snapshot)
    {
        foreach (IdempotencyKey key in _completions.Keys)
        {
            if (state.Executions.IsRunning(key) || state.FreshOpenOf(key) is not null)
            {
                return new TransactionConflict(state.ToString(), key.ToString(), default);
            }

            if (ConflictOver_NeedsSequencer(key, snapshot) is { } conflict)
            {
                return conflict;
            }
        }

        if (isolation == TransactionIsolation.Serializable)
        {
            foreach (IdempotencyKey key in _reads.Keys)
            {
                if (ConflictOver_NeedsSequencer(key, snapshot) is { } conflict)
                {
                    return conflict;
                }
            }
        }

        return null;
    }

    public override void Prepare_NeedsSequencer()
    {
        foreach (Completion completion in _completions.Values)
        {
            completion.Result.CompletedAt = Stamp_NeedsSequencer(completion.TimeMark);
        }

        if (_opening is { TimeMark: { } timeMark } opening)
        {
            opening.ClaimedAt = Stamp_NeedsSequencer(timeMark);
        }
    }

    public override void Stage_NeedsSequencer(LogPosition first)
    {
        foreach ((IdempotencyKey key, Completion completion) in _completions)
        {
            completion.Result.Position = new LogPosition(first.Value + completion.Record);
            state.Stage_NeedsSequencer(key, completion.Result);
        }

        if (_opening is { } opening)
        {
            LogPosition position = new(first.Value + opening.Record);
            state.StageOpen_NeedsSequencer(opening.Key, opening.At(position), position);
        }
    }

    // Readers compare the position with the visible one.
    public override void Publish()
    {
        foreach (Completion completion in _completions.Values)
        {
            if (completion.Result.FencingToken == 0)
            {
                state.Metrics.Add(completion.Result.Kind == StoredResultKind.Failure ? IdempotencyMetrics.Failed : IdempotencyMetrics.Executed);
            }
        }

        state.Publish();
    }

    private bool TryRead(IdempotencyKey key, [MaybeNullWhen(false)] out StoredResult result)
    {
        transaction.ThrowIfDone();
        if (_completions.TryGetValue(key, out Completion? own))
        {
            result = own.Result;
            return true;
        }

        if (!_reads.TryGetValue(key, out result))
        {
            bool found = transaction.IsSequenced ? state.TryGetNewest(key, out result) : state.TryGetAt(key, transaction.Snapshot, out result);
            _reads.Add(key, found ? result : result = null);
        }

        if (result is null)
        {
            return false;
        }

        transaction.DependOn(result.Position);
        return true;
    }

    // The key as its run has it: another one may have taken over.
    private OpenKey OpenOf(IdempotencyKey key, long fencingToken) =>
        state.OpenOf(key) is { IsClaimed: true } open && open.FencingToken == fencingToken
            ? open
            : throw new IdempotencyLeaseLostException(key, fencingToken);

    private void Append(IdempotencyKey key, StoredResult result)
    {
        int record = state.AppendCompleted(transaction.Batch, key, result, out int timeMark);
        _completions.Add(key, new Completion(result, record, timeMark));
    }

    private long Stamp_NeedsSequencer(int timeMark)
    {
        long now = state.Stamp_NeedsSequencer();
        BinaryPrimitives.WriteInt64LittleEndian(transaction.Batch.At(timeMark, sizeof(long)), now);
        return now;
    }

    private TransactionConflict? ConflictOver_NeedsSequencer(IdempotencyKey key, LogPosition snapshot)
    {
        LogPosition newest = state.PositionOf_NeedsSequencer(key);
        return newest > snapshot ? new TransactionConflict(state.ToString(), key.ToString(), newest) : null;
    }

    private sealed record Completion(StoredResult Result, int Record, int TimeMark);

    // What becomes of an open key; null: it is open no more.
    private sealed record Opening(IdempotencyKey Key, OpenKey? Open, int Record)
    {
        // Of a claim.
        public int? TimeMark { get; init; }

        public long ClaimedAt { get; set; }

        public OpenKey? At(LogPosition position) => TimeMark is null
            ? (Open is null ? null : Open with { Newest = position })
            : Open! with { FencingToken = position.Value, ClaimedAt = ClaimedAt, First = Open.First == default ? position : Open.First, Newest = position };
    }
}
