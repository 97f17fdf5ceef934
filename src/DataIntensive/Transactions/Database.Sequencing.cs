using System.Runtime.ExceptionServices;
using DataIntensive.Internal;
using DataIntensive.Logs;
using DataIntensive.Transactions;

namespace DataIntensive;

// One order for all: who is validated, is given a place in the log and is staged, all under the sequencer. A call that finds no room
// in the log lines up, and while anybody stands in line nobody else is sequenced: so calls keep their order, and what a function has
// read is still so when there is room.
public sealed partial class Database
{
    private readonly LogBatchPool _batches = new();
    private DatabaseTransaction? _spareTransaction;

    // Runs the function at once, unless others stand in line; lines up behind them, or when the log has no room.
    private SequencerRun<T> RunInSequencer<TArgument, T>(Func<DatabaseTransaction, TArgument, T> function, TArgument argument, bool isOwn, Durability? durability, CancellationToken cancellationToken)
    {
        ThrowIfNested();
        lock (_sequencer)
        {
            ThrowIfUnusable();
            ThrowIfBusy_NeedsSequencer(commitBytes: 0);
            if (!_order.IsFree)
            {
                return new SequencerRun<T> { Place = _order.LineUp() };
            }

            SequencerRun<T> run = Run_NeedsSequencer(function, argument, isOwn, durability, cancellationToken);
            if (run.Transaction is null)
            {
                return run;
            }

            ThrowIfBusy_NeedsSequencer(run.Transaction.Batch.SizeBytes);
            return run with { Place = _order.LineUp() };
        }
    }

    private SequencerRun<T> RunInTurn<TArgument, T>(Func<DatabaseTransaction, TArgument, T> function, TArgument argument, bool isOwn, Durability? durability, CancellationToken cancellationToken)
    {
        lock (_sequencer)
        {
            ThrowIfUnusable();
            return Run_NeedsSequencer(function, argument, isOwn, durability, cancellationToken);
        }
    }

    private SequencerRun<T> SequenceInTurn<T>(SequencerRun<T> run, DatabaseTransaction waiting, Durability? durability, CancellationToken cancellationToken)
    {
        lock (_sequencer)
        {
            ThrowIfUnusable();
            SequencedCommit? commit = TrySequence_NeedsSequencer(waiting, keepsBatch: false, durability, cancellationToken);
            return commit is null ? run : run with { Commit = commit, Transaction = null };
        }
    }

    private SequencerRun<T> Run_NeedsSequencer<TArgument, T>(Func<DatabaseTransaction, TArgument, T> function, TArgument argument, bool isOwn, Durability? durability, CancellationToken cancellationToken)
    {
        T result = default!;
        ExceptionDispatchInfo? refusal = null;
        SequencedCommit? commit = null;
        DatabaseTransaction transaction = (isOwn ? _spareTransaction : null) ?? new DatabaseTransaction(this);
        _spareTransaction = isOwn ? null : _spareTransaction;
        try
        {
            result = function(transaction, argument);
            transaction.ThrowIfTooLarge();
        }
        catch (Exception exception)
        {
            refusal = ExceptionDispatchInfo.Capture(exception);
        }

        bool writes = refusal is null && transaction.Writes;
        LogPosition dependsOn = transaction.DependsOn;
        transaction.Dispose();
        if (writes)
        {
            commit = TrySequence_NeedsSequencer(transaction, isOwn, durability, cancellationToken);
        }

        bool isWaiting = writes && commit is null;
        if (isOwn && refusal is null && !isWaiting)
        {
            transaction.Renew_NeedsSequencer();
            _spareTransaction = transaction;
        }

        return new SequencerRun<T>
        {
            Result = result,
            Refusal = refusal,
            DependsOn = dependsOn,
            Commit = commit,
            Transaction = isWaiting ? transaction : null,
        };
    }

    // Gives the transaction its place. Null, with nothing done, when the log has no room.
    private SequencedCommit? TrySequence_NeedsSequencer(DatabaseTransaction transaction, bool keepsBatch, Durability? durability, CancellationToken cancellationToken)
    {
        if (!HasRoom(transaction.Batch.SizeBytes))
        {
            return null;
        }

        ThrowIfStatesAreFull_NeedsSequencer(transaction);

        // Who awaits each commit before the next one leads the write himself; who has commits outstanding is pipelining, and must
        // not be held up by a write.
        bool lead = Interlocked.Increment(ref _outstanding) == 1;
        CommitCompletion completion = CommitCompletion.Rent();
        completion.Start(this, transaction.Batch.SizeBytes);
        BeginPending(transaction.Batch.SizeBytes);
        bool taken = false;
        LogPosition last;
        try
        {
            foreach ((_, StateChanges changes) in transaction.AllChanges)
            {
                changes.Prepare_NeedsSequencer();
                completion.Add(changes);
            }

            taken = TryAppend_NeedsSequencer(transaction, durability ?? _options.Durability, completion, out last);
        }
        finally
        {
            if (!taken)
            {
                EndPending(transaction.Batch.SizeBytes);
                completion.Abandon();
                ResultTaken();
            }
        }

        if (!taken)
        {
            return null;
        }

        LogPosition first = new(last.Value - transaction.Batch.Count + 1);
        foreach ((_, StateChanges changes) in transaction.AllChanges)
        {
            changes.Stage_NeedsSequencer(first);
        }

        Interlocked.Add(ref _bytesSinceSnapshot, transaction.Batch.SizeBytes);
        transaction.GiveBatchBack(unlessSmall: keepsBatch);
        completion.Staged();
        _metrics.Commits.Add(1);
        completion.CancelWith(cancellationToken);
        return new SequencedCommit(completion, completion.Task, lead);
    }

    internal LogBatch RentBatch()
    {
        LogBatch batch = _batches.Rent();
        batch.MaxBytes = MaxTransactionBytes;
        return batch;
    }

    internal void ReturnBatch(LogBatch batch) => _batches.Return(batch);

    // Outside the sequencer: the next commits are sequenced while this one is written.
    private ValueTask<LogPosition> Push(SequencedCommit commit)
    {
        WarnIfLarge();
        SnapshotWhenDue();
        Log.Push(commit.Lead);
        return commit.Task;
    }

    private readonly record struct SequencerRun<T>
    {
        public T Result { get; init; }

        public ExceptionDispatchInfo? Refusal { get; init; }

        public LogPosition DependsOn { get; init; }

        public SequencedCommit? Commit { get; init; }

        // What ran and found no room: it is sequenced as it is, when there is some.
        public DatabaseTransaction? Transaction { get; init; }

        public CallOrder.Place? Place { get; init; }
    }

    private readonly record struct SequencedCommit(CommitCompletion Completion, ValueTask<LogPosition> Task, bool Lead);
}
