using DataIntensive.Logs;

namespace DataIntensive;

public sealed partial class CommitLog
{
    private const long MostAheadBytes = 1024 * 1024;

    private long _aheadBytes;
    private bool _aheadRefused;
    private TaskCompletionSource? _room;

    /// <inheritdoc />
    public bool TryAppend(LogBatch batch, Durability durability, ILogCompletion completion, out LogPosition position)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(completion);
        if (batch.Count == 0)
        {
            throw new ArgumentException("The batch is empty: a commit has at least one record.", nameof(batch));
        }

        batch.ThrowIfOpen();
        if (batch.SizeBytes > _options.MaxCommitBytes)
        {
            throw new ArgumentException($"The commit takes {batch.SizeBytes} bytes, {nameof(CommitLogOptions.MaxCommitBytes)} is {_options.MaxCommitBytes}.", nameof(batch));
        }

        lock (_gate)
        {
            ThrowIfUnusable_NeedsLock();
            int payload = _filling.PayloadBytes + batch.SizeBytes;
            if ((_filling.Commits > 0 && payload > _options.MaxPendingBytes) || !HasRoom_NeedsLock(FrameFormat.SizeOf(payload), batch.MayUseReserve))
            {
                position = default;
                return false;
            }

            AskAhead_NeedsLock(FrameFormat.SizeOf(payload));
            _filling.Add(batch, durability, completion, _end + 1);
            _end += batch.Count;
            position = new LogPosition(_end);
            return true;
        }
    }

    /// <inheritdoc />
    public void Push(bool lead)
    {
        if (lead)
        {
            // One frame only: whatever came in meanwhile is the writer thread's, so that no caller works for others for long.
            TryWork();
            return;
        }

        if (Volatile.Read(ref _writing))
        {
            // Seen true after the commit was put in line: whoever writes looks for more, under the lock, before it ends.
            return;
        }

        lock (_gate)
        {
            WakeWriter_NeedsLock();
        }
    }

    /// <inheritdoc />
    public ValueTask WaitForRoomAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            ThrowIfUnusable_NeedsLock();
            if (_neededBytes == 0 && (_filling.Commits == 0 || _filling.PayloadBytes < _options.MaxPendingBytes / 2))
            {
                return ValueTask.CompletedTask;
            }

            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task room = _room.Task;
            WakeWriter_NeedsLock();
            return new ValueTask(room.WaitAsync(cancellationToken));
        }
    }

    private void ThrowIfUnusable_NeedsLock()
    {
        ObjectDisposedException.ThrowIf(_closing, this);
        if (_options.OpenMode != LogOpenMode.Write)
        {
            throw new InvalidOperationException($"The log was opened as {_options.OpenMode}: it takes no appends.");
        }

        if (_failure is not null)
        {
            throw new LogPoisonedException(_storage.Location, _failure, outcomeUnknown: false);
        }
    }

    // Asks for more before it is missed: an appender that is refused waits for the disk, and so do all who stand behind it. A full disk
    // says nothing then: who finds no room later asks again, and is told.
    private void AskAhead_NeedsLock(long frameBytes)
    {
        long ahead = Math.Min(MostAheadBytes, _activeBytes / 2);
        if (_hasActive && _neededBytes == 0 && _spareBytes == 0 && !_aheadRefused && !FitsActive_NeedsLock(frameBytes + ahead))
        {
            _aheadBytes = frameBytes + ahead;
        }
    }

    private void PreparedRoom_NeedsLock(bool isAhead, Exception? full, Exception? fullWithReserve)
    {
        _aheadBytes = 0;
        _aheadRefused = full is not null;
        if (!isAhead)
        {
            _neededBytes = 0;
            _full = _neededByOthers ? full : null;
            _fullWithReserve = fullWithReserve;
            _neededWithReserve = _neededByOthers = false;
        }
    }

    private void ReleaseRoomWaiters_NeedsLock()
    {
        _room?.TrySetResult();
        _room = null;
    }
}
