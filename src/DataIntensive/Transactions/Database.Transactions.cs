using System.Diagnostics;
using DataIntensive.Diagnostics;
using DataIntensive.Internal;
using DataIntensive.Transactions;

namespace DataIntensive;

public sealed partial class Database
{
    private readonly Lock _sequencer = new();
    private readonly CallOrder _order = new();
    private readonly Lock _waitersGate = new();
    private readonly PriorityQueue<TaskCompletionSource, long> _waiters = new();
    private long _visible;
    private int _waiterCount;
    private int _outstanding;

    internal Lock Sequencer => _sequencer;

    /// <summary>
    /// Runs a function inside the sequencer, where nothing comes between its reads and its writes, and commits what it wrote.
    /// It reads the newest state, also what is not durable yet; the result is given out when that is. Many such transactions on one
    /// key share an fsync.
    /// </summary>
    /// <param name="function">
    /// Short, without waiting and without I/O: all other commits wait for it. Runs once. When it throws, nothing is written.
    /// </param>
    /// <param name="durability">What the commit survives; null for the database's default.</param>
    /// <param name="cancellationToken">Stops the waiting; it never un-writes.</param>
    /// <returns>The position of the commit; when nothing was written, that of the newest commit that was read.</returns>
    /// <exception cref="InvalidOperationException">Called inside another such function.</exception>
    /// <exception cref="LogPoisonedException">A write failed, this one or an earlier one.</exception>
    public async ValueTask<LogPosition> ExecuteAsync(Action<DatabaseTransaction> function, Durability? durability = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        (_, LogPosition position) = await RunInSequencerAsync(
            static (transaction, function) =>
            {
                function(transaction);
                return true;
            },
            function,
            durability,
            cancellationToken).ConfigureAwait(false);
        return position;
    }

    /// <inheritdoc cref="ExecuteAsync(Action{DatabaseTransaction}, Durability?, CancellationToken)"/>
    /// <returns>What the function returned.</returns>
    public async ValueTask<T> ExecuteAsync<T>(Func<DatabaseTransaction, T> function, Durability? durability = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        (T result, _) = await RunInSequencerAsync(static (transaction, function) => function(transaction), function, durability, cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>
    /// Runs a function over a snapshot of the newest visible state, and commits what it wrote if what it read still holds; otherwise it
    /// runs again, up to <see cref="DatabaseOptions.MaxTransactionAttempts"/> times. It may wait and do I/O, and must be repeatable.
    /// </summary>
    /// <param name="function">Reads and writes through the transaction. When it throws, nothing is written.</param>
    /// <param name="isolation">What it may see of concurrent transactions. Default <see cref="TransactionIsolation.Serializable"/>.</param>
    /// <param name="durability">What the commit survives; null for the database's default.</param>
    /// <param name="cancellationToken">Stops the waiting and further attempts; it never un-writes.</param>
    /// <returns>The position of the commit; that of the snapshot when nothing was written.</returns>
    /// <exception cref="TransactionConflictException">It conflicted every time.</exception>
    /// <exception cref="LogPoisonedException">A write failed, this one or an earlier one.</exception>
    public async ValueTask<LogPosition> TransactAsync(
        Func<DatabaseTransaction, ValueTask> function,
        TransactionIsolation isolation = TransactionIsolation.Serializable,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        (_, LogPosition position) = await RetryAsync(
            async transaction =>
            {
                await function(transaction).ConfigureAwait(false);
                return true;
            },
            isolation,
            durability,
            cancellationToken).ConfigureAwait(false);
        return position;
    }

    /// <inheritdoc cref="TransactAsync(Func{DatabaseTransaction, ValueTask}, TransactionIsolation, Durability?, CancellationToken)"/>
    /// <returns>What the function returned.</returns>
    public async ValueTask<T> TransactAsync<T>(
        Func<DatabaseTransaction, ValueTask<T>> function,
        TransactionIsolation isolation = TransactionIsolation.Serializable,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        (T result, _) = await RetryAsync(function, isolation, durability, cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>Starts a transaction over a snapshot, to be committed by hand. Dispose it in any case.</summary>
    /// <param name="isolation">What it may see of concurrent transactions. Default <see cref="TransactionIsolation.Serializable"/>.</param>
    /// <exception cref="ObjectDisposedException">The database was disposed.</exception>
    public DatabaseTransaction Begin(TransactionIsolation isolation = TransactionIsolation.Serializable) => BeginAtVisible(isolation, isManual: true);

    /// <summary>
    /// Starts a transaction that only reads: everything as it is at one position, the newest visible one. It waits for nobody and never
    /// conflicts. Dispose it: until then old versions are kept for it, at most for <see cref="DatabaseOptions.MaxSnapshotAge"/>.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The database was disposed.</exception>
    public DatabaseTransaction BeginReadOnly()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new DatabaseTransaction(this, TransactionIsolation.Snapshot, Snapshots.Open(ref _visible)) { IsManual = true, IsReadOnly = true };
    }

    /// <summary>Reads several keys, stores or streams as they are at one position. It waits for nobody and never conflicts.</summary>
    /// <param name="read">Reads through the transaction, and writes nothing.</param>
    /// <returns>What the function returned.</returns>
    /// <exception cref="SnapshotTooOldException">It took longer than <see cref="DatabaseOptions.MaxSnapshotAge"/>.</exception>
    public T Read<T>(Func<DatabaseTransaction, T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        using DatabaseTransaction transaction = BeginReadOnly();
        return read(transaction);
    }

    internal async ValueTask<LogPosition> CommitManuallyAsync(DatabaseTransaction transaction, Durability? durability, CancellationToken cancellationToken)
    {
        using (transaction)
        {
            (LogPosition position, TransactionConflict? conflict) = await CommitAsync(transaction, durability, cancellationToken).ConfigureAwait(false);
            return conflict is null ? position : throw new TransactionConflictException(conflict, attempts: 1);
        }
    }

    // A function of the library's own lets nobody else see the transaction, which is then used again. Failures may be thrown at once:
    // callers await it where they call it.
    internal ValueTask<(T Result, LogPosition Position)> RunInSequencerAsync<TArgument, T>(
        Func<DatabaseTransaction, TArgument, T> function,
        TArgument argument,
        Durability? durability,
        CancellationToken cancellationToken,
        bool isOwn = false)
    {
        if (Telemetry.Source.HasListeners())
        {
            return TraceInSequencerAsync(function, argument, isOwn, durability, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        SequencerRun<T> run = RunInSequencer(function, argument, isOwn, durability, cancellationToken);
        if (run.Commit.Stage != CommitStage.Visible)
        {
            return FinishInSequencerAsync(run, function, argument, isOwn, durability, cancellationToken);
        }

        AfterCommit();
        return new ValueTask<(T Result, LogPosition Position)>((run.Result, run.Commit.Position));
    }

    private async ValueTask<(T Result, LogPosition Position)> TraceInSequencerAsync<TArgument, T>(
        Func<DatabaseTransaction, TArgument, T> function,
        TArgument argument,
        bool isOwn,
        Durability? durability,
        CancellationToken cancellationToken)
    {
        using Activity? activity = Telemetry.Source.StartActivity(Telemetry.ExecuteActivity);
        cancellationToken.ThrowIfCancellationRequested();
        SequencerRun<T> run = RunInSequencer(function, argument, isOwn, durability, cancellationToken);
        (T result, LogPosition position) = await FinishInSequencerAsync(run, function, argument, isOwn, durability, cancellationToken).ConfigureAwait(false);
        activity?.SetTag(Telemetry.PositionTag, position.Value);
        return (result, position);
    }

    private async ValueTask<(T Result, LogPosition Position)> FinishInSequencerAsync<TArgument, T>(
        SequencerRun<T> run,
        Func<DatabaseTransaction, TArgument, T> function,
        TArgument argument,
        bool isOwn,
        Durability? durability,
        CancellationToken cancellationToken)
    {
        if (run.Place is { } place)
        {
            using (place)
            {
                // From here to the end of this block nobody else is sequenced, so what the function read stays as it is.
                await place.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
                run = run.Transaction is null ? RunInTurn(function, argument, isOwn, durability, cancellationToken) : run;
                while (run.Transaction is { } waiting)
                {
                    await WaitForRoomAsync(waiting.Batch.SizeBytes, cancellationToken).ConfigureAwait(false);
                    run = SequenceInTurn(run, waiting, durability, cancellationToken);
                }
            }
        }

        if (run.Commit.Stage != CommitStage.None)
        {
            return (run.Result, await Push(run.Commit).ConfigureAwait(false));
        }

        // Refused, or nothing to write: the answer may rest on a commit that is not durable yet, and must not outlive it.
        await WaitVisibleAsync(run.DependsOn, cancellationToken).ConfigureAwait(false);
        run.Refusal?.Throw();
        return (run.Result, run.DependsOn);
    }

    // Returns when the position is visible; fails when it never will be.
    internal ValueTask WaitVisibleAsync(LogPosition position, CancellationToken cancellationToken)
    {
        if (position.Value <= Volatile.Read(ref _visible))
        {
            return ValueTask.CompletedTask;
        }

        TaskCompletionSource waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_waitersGate)
        {
            if (_failure is not null && position.Value > Volatile.Read(ref _visible))
            {
                throw Poisoned(_failure, outcomeUnknown: true);
            }

            // Seen first, a full fence, and only then asked again: who makes the position visible meanwhile looks for waiters afterwards.
            _waiters.Enqueue(waiter, position.Value);
            Interlocked.Exchange(ref _waiterCount, _waiters.Count);
            if (position.Value <= Volatile.Read(ref _visible))
            {
                WakeUpTo_NeedsGate(Volatile.Read(ref _visible));
            }
        }

        return new ValueTask(waiter.Task.WaitAsync(cancellationToken));
    }

    internal void OnDurable(LogPosition position, List<StateChanges> changes)
    {
        MakeVisible(position);
        foreach (StateChanges change in changes)
        {
            change.Publish();
        }

        WakeUpTo(position);
    }

    internal void OnFailed(Exception failure)
    {
        lock (_waitersGate)
        {
            _failure ??= failure;
        }

        FailWaiters(failure);
    }

    internal void ResultTaken() => Interlocked.Decrement(ref _outstanding);

    private DatabaseTransaction BeginAtVisible(TransactionIsolation isolation, bool isManual)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new DatabaseTransaction(this, isolation, Snapshots.Open(ref _visible)) { IsManual = isManual };
    }

    private async ValueTask<(T Result, LogPosition Position)> RetryAsync<T>(
        Func<DatabaseTransaction, ValueTask<T>> function,
        TransactionIsolation isolation,
        Durability? durability,
        CancellationToken cancellationToken)
    {
        using Activity? activity = Telemetry.Source.StartActivity(Telemetry.TransactActivity);
        for (int attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DatabaseTransaction transaction = BeginAtVisible(isolation, isManual: false);
            T result = await function(transaction).ConfigureAwait(false);
            (LogPosition position, TransactionConflict? conflict) = await CommitAsync(transaction, durability, cancellationToken).ConfigureAwait(false);
            activity?.SetTag(Telemetry.AttemptsTag, attempt);
            if (conflict is null)
            {
                activity?.SetTag(Telemetry.PositionTag, position.Value);
                return (result, position);
            }

            if (attempt == _options.MaxTransactionAttempts)
            {
                throw new TransactionConflictException(conflict, attempt);
            }
        }
    }

    private async ValueTask<(LogPosition Position, TransactionConflict? Conflict)> CommitAsync(DatabaseTransaction transaction, Durability? durability, CancellationToken cancellationToken)
    {
        transaction.ThrowIfExpired();
        transaction.ThrowIfTooLarge();
        if (!transaction.Writes)
        {
            // It saw one position, at which all its reads were true together: nothing to check.
            return (transaction.Snapshot, null);
        }

        (TransactionConflict? conflict, SequencedCommit commit, CallOrder.Place? lined) = ValidateAndSequence(transaction, durability, cancellationToken);
        if (lined is { } place)
        {
            using (place)
            {
                await place.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
                while (true)
                {
                    (conflict, commit) = ValidateAndSequenceInTurn(transaction, durability, cancellationToken);
                    if (conflict is not null || commit.Stage != CommitStage.None)
                    {
                        break;
                    }

                    await WaitForRoomAsync(transaction.Batch.SizeBytes, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        if (commit.Stage != CommitStage.None)
        {
            return (await Push(commit).ConfigureAwait(false), null);
        }

        _metrics.Conflicts.Add(1);
        await WaitVisibleAsync(conflict!.Position, cancellationToken).ConfigureAwait(false);
        return (default, conflict);
    }

    private (TransactionConflict? Conflict, SequencedCommit Commit, CallOrder.Place? Place) ValidateAndSequence(DatabaseTransaction transaction, Durability? durability, CancellationToken cancellationToken)
    {
        ThrowIfNested();
        lock (_sequencer)
        {
            ThrowIfUnusable();
            ThrowIfBusy_NeedsSequencer(transaction.Batch.SizeBytes);
            (TransactionConflict? conflict, SequencedCommit commit) = _order.IsFree ? ValidateAndSequence_NeedsSequencer(transaction, durability, cancellationToken) : default;
            return (conflict, commit, conflict is null && commit.Stage == CommitStage.None ? _order.LineUp() : null);
        }
    }

    private (TransactionConflict? Conflict, SequencedCommit Commit) ValidateAndSequenceInTurn(DatabaseTransaction transaction, Durability? durability, CancellationToken cancellationToken)
    {
        lock (_sequencer)
        {
            ThrowIfUnusable();
            return ValidateAndSequence_NeedsSequencer(transaction, durability, cancellationToken);
        }
    }

    private (TransactionConflict? Conflict, SequencedCommit Commit) ValidateAndSequence_NeedsSequencer(DatabaseTransaction transaction, Durability? durability, CancellationToken cancellationToken)
    {
        // What an expired snapshot held is forgotten under the sequencer: seen from here it is all there, or known to be expired.
        transaction.ThrowIfExpired();
        foreach ((_, StateChanges changes) in transaction.AllChanges)
        {
            if (changes.Validate_NeedsSequencer(transaction.Isolation, transaction.Snapshot) is { } conflict)
            {
                return (conflict, default);
            }
        }

        return (null, TrySequence_NeedsSequencer(transaction, keepsBatch: false, durability, cancellationToken));
    }

    // A full fence: whoever opens a snapshot afterwards sees this position, or is seen by who publishes next.
    internal void MakeVisible(LogPosition position) => Interlocked.Exchange(ref _visible, position.Value);

    private void WakeUpTo(LogPosition position)
    {
        if (Volatile.Read(ref _waiterCount) > 0)
        {
            lock (_waitersGate)
            {
                WakeUpTo_NeedsGate(position.Value);
            }
        }
    }

    private void WakeUpTo_NeedsGate(long visible)
    {
        while (_waiters.TryPeek(out TaskCompletionSource? waiter, out long awaited) && awaited <= visible)
        {
            _waiters.Dequeue();
            waiter.TrySetResult();
        }

        Volatile.Write(ref _waiterCount, _waiters.Count);
    }

    private void ThrowIfNested()
    {
        if (_sequencer.IsHeldByCurrentThread)
        {
            throw new InvalidOperationException("A function that runs inside ExecuteAsync cannot start another transaction: use the one it was given.");
        }
    }

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_failure is { } failure)
        {
            throw Poisoned(failure, outcomeUnknown: false);
        }
    }

    private static LogPoisonedException Poisoned(Exception failure, bool outcomeUnknown) =>
        failure is LogPoisonedException poisoned
            ? new LogPoisonedException(poisoned.Location, poisoned.InnerException!, outcomeUnknown)
            : new LogPoisonedException("unknown", failure, outcomeUnknown);

    private void FailWaiters(Exception failure)
    {
        ReleaseRoom(force: true);
        lock (_waitersGate)
        {
            while (_waiters.TryDequeue(out TaskCompletionSource? waiter, out _))
            {
                waiter.TrySetException(failure);
            }

            Volatile.Write(ref _waiterCount, 0);
        }
    }
}
