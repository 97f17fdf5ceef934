using DataIntensive.Diagnostics;
using DataIntensive.Transactions;

namespace DataIntensive;

// What a database may take: memory for its states, commits under way.
public sealed partial class Database
{
    // No state grows by more than this for a record, and twice the record's bytes.
    private const int MostGrowthPerRecord = 512;
    private const double WarnAbove = 0.8;
    private const double CalmBelow = 0.7;

    private TaskCompletionSource? _room;
    private LogFullException? _logFull;
    private StateFullException? _stateFull;
    private long _stateBytes;
    private long _pendingBytes;
    private int _pendingCommits;
    private bool _warned;

    /// <summary>What the states take in memory, in bytes as they count themselves. See <see cref="DatabaseOptions.MaxStateBytes"/>.</summary>
    public long StateBytes => Volatile.Read(ref _stateBytes);

    /// <summary>How many commits were given a place in the log and are not visible yet.</summary>
    public int PendingCommits => Math.Max(0, Volatile.Read(ref _pendingCommits));

    /// <summary>How many transactions are open over a snapshot, and so keep old versions.</summary>
    public int OpenSnapshots => Snapshots.Count;

    internal int MaxTransactionBytes { get; }

    internal void ResizeStates(long change)
    {
        if (change != 0)
        {
            Interlocked.Add(ref _stateBytes, change);
        }
    }

    private Exception? Full =>
        _logFull
        ?? (Exception?)(_stateFull is { } refusal && StateBytes + refusal.GrowthBytes > _options.MaxStateBytes ? refusal : null)
        ?? (StateBytes >= _options.MaxStateBytes ? new StateFullException(StateBytes, growthBytes: 0, _options.MaxStateBytes) : null);

    // A transaction that only frees space, or that takes no more than it frees, is never refused.
    private void ThrowIfStatesAreFull_NeedsSequencer(DatabaseTransaction transaction)
    {
        long most = ((long)transaction.Batch.Count * MostGrowthPerRecord) + (2L * transaction.Batch.SizeBytes);
        if (StateBytes + most <= _options.MaxStateBytes || !transaction.Grows)
        {
            return;
        }

        long growth = 0;
        foreach ((_, StateChanges changes) in transaction.AllChanges)
        {
            growth += changes.GrowthBytes_NeedsSequencer();
        }

        if (growth > 0 && StateBytes + growth > _options.MaxStateBytes)
        {
            _stateFull = new StateFullException(StateBytes, growth, _options.MaxStateBytes);
            throw _stateFull;
        }
    }

    // Without a completion: to a log in memory, at once.
    private bool TryAppend_NeedsSequencer(DatabaseTransaction transaction, Durability durability, CommitCompletion? completion, out LogPosition last)
    {
        try
        {
            transaction.Batch.MayUseReserve = !transaction.Grows;
            bool taken = completion is null
                ? ((MemoryCommitLog)Log).TryAppendAtOnce(transaction.Batch, out last)
                : Log.TryAppend(transaction.Batch, durability, completion, out last);
            if (taken && transaction.Grows)
            {
                _logFull = null;
                _stateFull = null;
            }

            return taken;
        }
        catch (LogFullException full)
        {
            _logFull = full;
            throw;
        }
        catch (LogPoisonedException failure)
        {
            // It can fail with no commit under way: while it notes its end, or prepares space.
            OnFailed(failure);
            throw;
        }
    }

    private bool HasRoom(int commitBytes)
    {
        int pending = Volatile.Read(ref _pendingCommits);
        return pending <= 0 || (pending < _options.MaxPendingCommits && Volatile.Read(ref _pendingBytes) + commitBytes <= _options.MaxPendingBytes);
    }

    // Asked before anybody lines up, so that those who do are bounded as well.
    private void ThrowIfBusy_NeedsSequencer(int commitBytes)
    {
        if (_options.WhenBusy == BusyPolicy.Refuse)
        {
            int lined = _order.Waiting;
            if (!HasRoom(commitBytes) || PendingCommits + lined >= _options.MaxPendingCommits)
            {
                throw new DatabaseBusyException(PendingCommits + lined, Volatile.Read(ref _pendingBytes));
            }
        }
    }

    private void BeginPending(int commitBytes)
    {
        Interlocked.Add(ref _pendingBytes, commitBytes);
        Interlocked.Increment(ref _pendingCommits);
    }

    internal void EndPending(int commitBytes)
    {
        Interlocked.Add(ref _pendingBytes, -commitBytes);
        Interlocked.Decrement(ref _pendingCommits);
        if (Volatile.Read(ref _room) is not null)
        {
            ReleaseRoom(force: false);
        }
    }

    private void ReleaseRoom(bool force)
    {
        lock (_waitersGate)
        {
            if (force || (PendingCommits <= _options.MaxPendingCommits / 2 && Volatile.Read(ref _pendingBytes) <= _options.MaxPendingBytes / 2))
            {
                _room?.TrySetResult();
                _room = null;
            }
        }
    }

    private async ValueTask WaitForRoomAsync(int commitBytes, CancellationToken cancellationToken)
    {
        Task? room = null;
        lock (_waitersGate)
        {
            if (!HasRoom(commitBytes))
            {
                Volatile.Write(ref _room, _room ?? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

                // Looked at again once it can be seen: the last of them may have ended in between.
                Interlocked.MemoryBarrier();
                room = HasRoom(commitBytes) ? null : _room!.Task;
            }
        }

        if (room is not null)
        {
            await room.WaitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        try
        {
            await Log.WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (LogPoisonedException failure)
        {
            OnFailed(failure);
            throw;
        }
        catch (LogFullException full)
        {
            _logFull = full;
            throw;
        }
    }

    // Outside the sequencer: a logger is somebody else's code.
    private void WarnIfLarge()
    {
        long bytes = StateBytes;
        if (!_warned && bytes > _options.MaxStateBytes * WarnAbove)
        {
            _warned = true;
            LogMessages.StatesAreLarge(_logger, bytes, _options.MaxStateBytes);
        }
        else if (_warned && bytes < _options.MaxStateBytes * CalmBelow)
        {
            _warned = false;
        }
    }
}
