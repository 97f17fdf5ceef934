using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using DataIntensive.Transactions;

namespace DataIntensive.Idempotency;

// What one transaction read and completed of one processor.
internal sealed class IdempotencyChanges(IdempotencyState state, DatabaseTransaction transaction) : StateChanges
{
    // What was found first stays so for the transaction, also when it becomes too old meanwhile.
    private readonly Dictionary<IdempotencyKey, StoredResult?> _reads = [];
    private readonly Dictionary<IdempotencyKey, Completion> _completions = [];

    public int MaxResultBytes => state.MaxResultBytes;

    public bool TryRead(IdempotencyKey key, [MaybeNullWhen(false)] out StoredResult result)
    {
        transaction.ThrowIfDone();
        if (_completions.TryGetValue(key, out Completion? own))
        {
            result = own.Result;
            return true;
        }

        if (!_reads.TryGetValue(key, out result))
        {
            bool found = transaction.IsSequenced
                ? state.TryGetNewest_NeedsSequencer(key, out result)
                : state.TryGetAt(key, transaction.Snapshot, out result);
            _reads.Add(key, found ? result : result = null);
        }

        if (result is null)
        {
            return false;
        }

        transaction.DependOn(result.Position);
        return true;
    }

    // An operation that runs outside would not see what this transaction completes: both effects would happen.
    public void ThrowIfRunning(IdempotencyKey key)
    {
        if (state.Executions.IsRunning(key))
        {
            throw new InvalidOperationException(
                $"An operation is running for the key {key} outside of transactions. Complete a key either by ExecuteAsync or in transactions.");
        }
    }

    public void Complete(IdempotencyKey key, StoredResult result, bool byItsExecution = false)
    {
        if (TryRead(key, out _))
        {
            throw new InvalidOperationException($"The key {key} is completed already. Ask TryReplay before the effect.");
        }

        if (!byItsExecution)
        {
            ThrowIfRunning(key);
        }

        int record = state.Append(transaction.Batch, key, result, out int timeMark);
        _completions.Add(key, new Completion(result, record, timeMark, byItsExecution));
    }

    public override TransactionConflict? Validate_NeedsSequencer(TransactionIsolation isolation, LogPosition snapshot)
    {
        foreach ((IdempotencyKey key, Completion completion) in _completions)
        {
            if (!completion.ByItsExecution && state.Executions.IsRunning(key))
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
            completion.Result.CompletedAt = state.Stamp_NeedsSequencer();
            BinaryPrimitives.WriteInt64LittleEndian(transaction.Batch.At(completion.TimeMark, sizeof(long)), completion.Result.CompletedAt);
        }
    }

    public override void Stage_NeedsSequencer(LogPosition first)
    {
        foreach ((IdempotencyKey key, Completion completion) in _completions)
        {
            completion.Result.Position = new LogPosition(first.Value + completion.Record);
            state.Stage_NeedsSequencer(key, completion.Result);
        }
    }

    // Readers compare the position with the visible one.
    public override void Publish()
    {
    }

    private TransactionConflict? ConflictOver_NeedsSequencer(IdempotencyKey key, LogPosition snapshot)
    {
        LogPosition newest = state.PositionOf_NeedsSequencer(key);
        return newest > snapshot ? new TransactionConflict(state.ToString(), key.ToString(), newest) : null;
    }

    private sealed record Completion(StoredResult Result, int Record, int TimeMark, bool ByItsExecution);
}
