using DataIntensive.Logs;
using DataIntensive.Transactions;

namespace DataIntensive;

/// <summary>
/// What one caller reads and writes together: all of it becomes one commit, or none. Stores, event stores and the like join it by
/// their <c>In(transaction)</c>.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> All that it wrote is one commit, or nothing of it is there. It reads its own writes.</para>
/// <para><b>Order.</b> Its records stand in the log in the order of its calls, and no other commit's records between them.</para>
/// <para><b>After a crash.</b> An acknowledged commit is there; one under way may be there or not, never in part.</para>
/// <para><b>Thread safety.</b> It belongs to one caller at a time.</para>
/// <para><b>Cost.</b> Its records are held in memory until the commit; many transactions share a write and an fsync.</para>
/// <para><b>Not guaranteed.</b> That a commit succeeds: what it read, or wrote, may have changed meanwhile. Disposed without a
/// commit, it leaves nothing behind.</para>
/// </remarks>
public sealed class DatabaseTransaction : IDisposable
{
    private const int MostKeptBytes = 64 * 1024;

    private readonly List<(DerivedState State, StateChanges Changes)> _changes = new(1);
    private readonly OpenSnapshot? _snapshot;
    private LogBatch? _batch;
    private bool _done;

    // Inside the sequencer. When its function is the library's own, it is used again.
    internal DatabaseTransaction(Database database)
    {
        Database = database;
        Isolation = TransactionIsolation.Serializable;
        Snapshot = new LogPosition(long.MaxValue);
    }

    // Over a snapshot, which it closes.
    internal DatabaseTransaction(Database database, TransactionIsolation isolation, OpenSnapshot snapshot)
    {
        Database = database;
        Isolation = isolation;
        Snapshot = snapshot.Position;
        _snapshot = snapshot;
    }

    /// <summary>The database it belongs to.</summary>
    public Database Database { get; }

    /// <summary>What it may see of concurrent transactions.</summary>
    public TransactionIsolation Isolation { get; }

    /// <summary>The position whose state it reads; inside <c>ExecuteAsync</c> the newest, which may not be durable yet.</summary>
    public LogPosition Snapshot { get; }

    /// <summary>Whether it only reads: writing through it is refused, and it never conflicts.</summary>
    public bool IsReadOnly { get; internal init; }

    // Runs inside the sequencer: it reads the newest sequenced state, and nothing can come between its reads and its writes.
    internal bool IsSequenced => _snapshot is null;

    // Everything that writes comes by here.
    internal LogBatch Batch =>
        IsReadOnly ? throw new InvalidOperationException("The transaction only reads.")
        : _batch ??= Database.RentBatch();

    internal bool Writes => _batch is { Count: > 0 };

    // The newest commit that was read while it was not durable yet: whatever is answered from it waits for it.
    internal LogPosition DependsOn { get; private set; }

    // A list, so that walking it, which every commit does several times, allocates nothing.
    internal List<(DerivedState State, StateChanges Changes)> AllChanges => _changes;

    /// <summary>
    /// Commits a transaction that <see cref="Database.Begin"/> started. Returns when it is durable; one without writes returns at once.
    /// </summary>
    /// <param name="durability">What the commit survives; null for the database's default.</param>
    /// <param name="cancellationToken">Stops the waiting; it never un-writes.</param>
    /// <returns>The position of the commit; that of the snapshot when nothing was written.</returns>
    /// <exception cref="SnapshotTooOldException">It was open longer than <see cref="DatabaseOptions.MaxSnapshotAge"/>.</exception>
    /// <exception cref="TransactionConflictException">What it read, or wrote, was changed meanwhile. Nothing was written.</exception>
    /// <exception cref="InvalidOperationException">It is over, or runs inside <c>ExecuteAsync</c> or <c>TransactAsync</c>, which commit by themselves.</exception>
    public ValueTask<LogPosition> CommitAsync(Durability? durability = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDone();
        return IsManual
            ? Database.CommitManuallyAsync(this, durability, cancellationToken)
            : throw new InvalidOperationException("This transaction is committed by the call that runs it.");
    }

    /// <summary>Ends the transaction; what was not committed is gone.</summary>
    public void Dispose()
    {
        if (!_done)
        {
            _done = true;
            if (_snapshot is not null)
            {
                Database.Snapshots.Close(_snapshot);
            }
        }
    }

    internal bool IsManual { get; init; }

    internal bool Grows
    {
        get
        {
            foreach ((_, StateChanges changes) in _changes)
            {
                if (changes.Grows)
                {
                    return true;
                }
            }

            return false;
        }
    }

    internal void ThrowIfDone()
    {
        if (_done)
        {
            throw new InvalidOperationException("The transaction is over.");
        }

        ThrowIfExpired();
    }

    // Asked after a read of something that is kept for snapshots: if it was given up meanwhile, this says so.
    internal void ThrowIfExpired()
    {
        if (_snapshot is { IsExpired: true })
        {
            throw new SnapshotTooOldException(Snapshot, Database.Snapshots.MaxAge);
        }
    }

    // Also when somebody caught what the write threw: a part of a transaction is not to be committed.
    internal void ThrowIfTooLarge()
    {
        if (_batch is { IsTooLarge: true })
        {
            throw new CommitTooLargeException(_batch.MaxBytes);
        }
    }

    internal TChanges Changes<TState, TChanges>(TState state, Func<TState, DatabaseTransaction, TChanges> create)
        where TState : DerivedState
        where TChanges : StateChanges
    {
        ThrowIfDone();
        if (!ReferenceEquals(state.Database, Database))
        {
            throw new InvalidOperationException($"The {state} belongs to another database than the transaction.");
        }

        foreach ((DerivedState owner, StateChanges changes) in _changes)
        {
            if (ReferenceEquals(owner, state))
            {
                return (TChanges)changes;
            }
        }

        TChanges made = create(state, this);
        _changes.Add((state, made));
        return made;
    }

    // Nobody has it any more: as new for the next one, who finds the batch here.
    internal void Renew_NeedsSequencer()
    {
        _done = false;
        _changes.Clear();
        _batch?.Clear();
        DependsOn = default;
    }

    // It is in the log, and staged: nobody looks at it any more.
    internal void GiveBatchBack(bool unlessSmall)
    {
        if (_batch is { } batch && !(unlessSmall && batch.Capacity <= MostKeptBytes))
        {
            _batch = null;
            Database.ReturnBatch(batch);
        }
    }

    internal void DependOn(LogPosition position)
    {
        if (position > DependsOn)
        {
            DependsOn = position;
        }
    }
}
