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
    // In steps of about 37 ns, as Thread.SpinWait counts them; about 4 and 70 µs.
    private const int FirstPause = 100;
    private const int LongestPause = 1600;

    private readonly LogBatchPool _batches = new();
    private DatabaseTransaction? _spareTransaction;

    // Told outside the sequencer after every commit that was given its place.
    internal Action? Sequenced { get; set; }

    // Runs the function at once, unless others stand in line; lines up behind them, or when the log has no room.
    private SequencerRun<T> RunInSequencer<TArgument, T>(Func<DatabaseTransaction, TArgument, T> function, TArgument argument, bool isOwn, Durability? durability, CancellationToken cancellationToken)
    {
        ThrowIfNested();
        EnterSequencer();
        try
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
        finally
        {
            _sequencer.Exit();
        }
    }

    // Callers who took turns would hand all that the sequencer touches from one processor's cache to another's with every call, which takes
    // longer than the calls do. Who finds it taken stays away for some µs, in which the other gets on, and sleeps when it takes longer.
    private void EnterSequencer()
    {
        for (int pause = FirstPause; pause <= LongestPause; pause *= 2)
        {
            if (_sequencer.TryEnter())
            {
                return;
            }

            Thread.SpinWait(pause);
        }

        _sequencer.Enter();
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
            SequencedCommit commit = TrySequence_NeedsSequencer(waiting, keepsBatch: false, durability, cancellationToken);
            return commit.Stage == CommitStage.None ? run : run with { Commit = commit, Transaction = null };
        }
    }

    private SequencerRun<T> Run_NeedsSequencer<TArgument, T>(Func<DatabaseTransaction, TArgument, T> function, TArgument argument, bool isOwn, Durability? durability, CancellationToken cancellationToken)
    {
        T result = default!;
        ExceptionDispatchInfo? refusal = null;
        SequencedCommit commit = default;
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

        bool isWaiting = writes && commit.Stage == CommitStage.None;
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

    // Gives the transaction its place. None, with nothing done, when the log has no room.
    private SequencedCommit TrySequence_NeedsSequencer(DatabaseTransaction transaction, bool keepsBatch, Durability? durability, CancellationToken cancellationToken)
    {
        if (!HasRoom(transaction.Batch.SizeBytes))
        {
            return default;
        }

        ThrowIfStatesAreFull_NeedsSequencer(transaction);

        foreach ((_, StateChanges changes) in transaction.AllChanges)
        {
            changes.Prepare_NeedsSequencer();
        }

        if (TryAppendAtOnce_NeedsSequencer(transaction, out LogPosition visible))
        {
            transaction.GiveBatchBack(unlessSmall: keepsBatch);
            return new SequencedCommit { Stage = CommitStage.Visible, Position = visible };
        }

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
            return default;
        }

        LogPosition first = new(last.Value - transaction.Batch.Count + 1);
        foreach ((_, StateChanges changes) in transaction.AllChanges)
        {
            changes.Stage_NeedsSequencer(first);
        }

        Interlocked.Add(ref _bytesSinceSnapshot, transaction.Batch.SizeBytes);
        transaction.GiveBatchBack(unlessSmall: keepsBatch);
        completion.Staged();
        completion.CancelWith(cancellationToken);
        return new SequencedCommit { Stage = lead ? CommitStage.PendingAndLeading : CommitStage.Pending, Outcome = completion.Task };
    }

    // A log in memory has nothing to wait for: the commit is made visible here, and needs nobody who is told of it.
    private bool TryAppendAtOnce_NeedsSequencer(DatabaseTransaction transaction, out LogPosition last)
    {
        last = default;
        if (Log is not MemoryCommitLog || !TryAppend_NeedsSequencer(transaction, Durability.Os, completion: null, out last))
        {
            return false;
        }

        try
        {
            LogPosition first = new(last.Value - transaction.Batch.Count + 1);
            if (transaction.AllChanges is not [(_, var only)] || !only.TryStageVisible_NeedsSequencer(first, last))
            {
                foreach ((_, StateChanges changes) in transaction.AllChanges)
                {
                    changes.Stage_NeedsSequencer(first);
                }

                MakeVisible(last);
                foreach ((_, StateChanges changes) in transaction.AllChanges)
                {
                    changes.Publish();
                }
            }

            WakeUpTo(last);
            return true;
        }
        catch (Exception failure)
        {
            // The states no longer agree with the log.
            OnFailed(failure);
            throw;
        }
    }

    internal LogBatch RentBatch()
    {
        LogBatch batch = _batches.Rent();
        batch.MaxBytes = MaxTransactionBytes;
        return batch;
    }

    internal void ReturnBatch(LogBatch batch) => _batches.Return(batch);

    // Outside the sequencer: the next commits are sequenced while this one is written.
    private ValueTask<LogPosition> Push(in SequencedCommit commit)
    {
        if (commit.Stage != CommitStage.Visible)
        {
            Log.Push(commit.Stage == CommitStage.PendingAndLeading);
        }

        // Whatever a listener does, the commit is on its way.
        AfterCommit();
        return commit.Stage == CommitStage.Visible ? new ValueTask<LogPosition>(commit.Position) : commit.Outcome;
    }

    // Counters, too, are told here: their listeners are somebody else's code, and may take their time.
    private void AfterCommit()
    {
        _metrics.Commits.Add(1);
        Sequenced?.Invoke();
        WarnIfLarge();
        SnapshotWhenDue();
    }

    private readonly record struct SequencerRun<T>
    {
        public T Result { get; init; }

        public ExceptionDispatchInfo? Refusal { get; init; }

        public LogPosition DependsOn { get; init; }

        public SequencedCommit Commit { get; init; }

        // What ran and found no room: it is sequenced as it is, when there is some.
        public DatabaseTransaction? Transaction { get; init; }

        public CallOrder.Place? Place { get; init; }
    }

    private readonly record struct SequencedCommit
    {
        public CommitStage Stage { get; init; }

        // Of a visible one.
        public LogPosition Position { get; init; }

        // Of a pending one.
        public ValueTask<LogPosition> Outcome { get; init; }
    }

    private enum CommitStage : byte
    {
        // It has no place.
        None,
        Pending,

        // Its caller writes it himself.
        PendingAndLeading,
        Visible,
    }
}
