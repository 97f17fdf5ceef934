using DataIntensive.Diagnostics;
using DataIntensive.Logs;

namespace DataIntensive;

// One thread at a time writes: the log's own, or an appender that leads. Whoever has set _writing owns the frame that was taken,
// the files and the checksum chain until it clears it; completions run before that, so that they keep log order.
public sealed partial class CommitLog
{
    private Thread? _writer;
    private bool _writing;
    private bool _stopped;
    private bool _flushDue;
    private bool _markDue;
    private bool _hasUnsynced;
    private TaskCompletionSource? _room;

    private enum WriterTask
    {
        None,
        Prepare,
        WriteFrame,
        Flush,
        Mark,
    }

    /// <inheritdoc />
    public bool TryAppend(LogBatch batch, Durability durability, ILogCompletion completion, out LogPosition position)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(completion);
        if (batch.Count == 0)
        {
            throw new ArgumentException("The batch is empty: a commit has at least one record.", nameof(batch));
        }

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

    private void WakeWriter_NeedsLock()
    {
        if (_writing || _stopped || NextTask_NeedsLock() == WriterTask.None)
        {
            // A write that is under way looks for more before it ends.
            return;
        }

        if (_writer is null)
        {
            _writer = new Thread(RunWriter) { IsBackground = true, Name = "DataIntensive log writer" };
            _writer.Start();
        }

        Monitor.PulseAll(_gate);
    }

    private void RunWriter()
    {
        while (true)
        {
            lock (_gate)
            {
                while (!_stopped && (_writing || NextTask_NeedsLock() == WriterTask.None))
                {
                    Monitor.Wait(_gate);
                }

                if (_stopped)
                {
                    return;
                }
            }

            TryWork();
        }
    }

    private WriterTask NextTask_NeedsLock() =>
        _failure is not null ? WriterTask.None
        : _neededBytes > 0 ? WriterTask.Prepare
        : _filling.Commits > 0 ? WriterTask.WriteFrame
        : _flushDue ? WriterTask.Flush
        : _markDue ? WriterTask.Mark
        : WriterTask.None;

    // Does one thing that is to be done, when nobody else is at it.
    private void TryWork()
    {
        WriterTask task;
        FrameBuffer? frame = null;
        bool roll = false;
        lock (_gate)
        {
            task = _writing ? WriterTask.None : NextTask_NeedsLock();
            if (task == WriterTask.None)
            {
                return;
            }

            _writing = true;
            if (task == WriterTask.WriteFrame)
            {
                frame = _filling;
                _filling = _spare;
                roll = TakeRoom_NeedsLock(FrameFormat.SizeOf(frame.PayloadBytes));
                ReleaseRoomWaiters_NeedsLock();
            }
        }

        switch (task)
        {
            case WriterTask.Prepare:
                PrepareRoom();
                break;
            case WriterTask.WriteFrame:
                WriteAndComplete(frame!, roll);
                break;
            case WriterTask.Flush:
                Guard(FlushNow);
                break;
            default:
                Guard(() => WriteMark(isClosed: false));
                break;
        }

        lock (_gate)
        {
            _writing = false;
            AfterWork_NeedsLock();
        }
    }

    private void WriteAndComplete(FrameBuffer frame, bool roll)
    {
        Exception? failure = null;
        try
        {
            WriteFrame(frame, roll);
        }
        catch (Exception exception)
        {
            failure = exception;
            Poison(failure);
        }

        // In log order, before anybody else may write: the owners of the commits apply them here.
        frame.CompleteAll(failure is null ? null : new LogPoisonedException(_storage.Location, failure, outcomeUnknown: true));
        frame.Clear();
        lock (_gate)
        {
            _spare = frame;
            WakeReaders_NeedsLock();
        }

        RefuseWhatWasNeverWritten();
    }

    private void WriteFrame(FrameBuffer frame, bool roll)
    {
        if (roll)
        {
            BeginNextSegment(frame.FirstPosition);
        }

        LogSegment segment = _active!;
        long offset = segment.End;
        _lastTimeMicros = Math.Max(_lastTimeMicros, NowMicros());
        ReadOnlySpan<byte> bytes = frame.Seal(segment.Header.Salt, offset, _durable, _lastTimeMicros, _previousChecksum, _activeBytes, out FrameHeader header);
        segment.File.Write(offset, bytes);
        if (frame.NeedsDisk)
        {
            segment.File.Flush();
        }

        _previousChecksum = header.Checksum;
        segment.Publish(offset, header);
        lock (_gate)
        {
            _visible = frame.LastPosition;
            _hasUnsynced = !frame.NeedsDisk;
            if (frame.NeedsDisk)
            {
                _durable = _visible;
            }
        }
    }

    private void FlushNow()
    {
        _active?.File.Flush();
        lock (_gate)
        {
            _flushDue = false;
            _hasUnsynced = false;
            _durable = _visible;
            WakeReaders_NeedsLock();
        }
    }

    private void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (Exception exception)
        {
            Poison(exception);
            lock (_gate)
            {
                WakeReaders_NeedsLock();
            }

            RefuseWhatWasNeverWritten();
        }
    }

    // What stood in line behind a failed write is known not to be there.
    private void RefuseWhatWasNeverWritten()
    {
        FrameBuffer neverWritten;
        lock (_gate)
        {
            if (_failure is null || _filling.Commits == 0)
            {
                return;
            }

            neverWritten = _filling;
            _filling = new FrameBuffer();
        }

        neverWritten.CompleteAll(new LogPoisonedException(_storage.Location, _failure, outcomeUnknown: false));
    }

    private void AfterWork_NeedsLock()
    {
        if (NextTask_NeedsLock() != WriterTask.None)
        {
            WakeWriter_NeedsLock();
        }
        else if (!_closing && _failure is null)
        {
            ArmTimers_NeedsLock();
        }

        // Wakes a closing thread as well.
        Monitor.PulseAll(_gate);
    }

    private void ReleaseRoomWaiters_NeedsLock()
    {
        _room?.TrySetResult();
        _room = null;
    }

    private void Poison(Exception failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
            ReleaseRoomWaiters_NeedsLock();
        }

        LogMessages.Poisoned(_logger, _storage.Location, failure);
    }

    // After this nobody writes but the closing thread.
    private void StopWriter()
    {
        Thread? writer;
        lock (_gate)
        {
            while (_writing)
            {
                Monitor.Wait(_gate);
            }

            _stopped = true;
            writer = _writer;
            Monitor.PulseAll(_gate);
        }

        writer?.Join();
        _flushTimer?.Dispose();
        _markTimer?.Dispose();
    }

    private void CloseCleanly()
    {
        TryWork();
        if (_options.OpenMode != LogOpenMode.Write || _failure is not null || _active is null)
        {
            return;
        }

        Guard(() =>
        {
            if (_hasUnsynced)
            {
                FlushNow();
            }

            // From now on any damage is known as such.
            CloseEnd();
        });
    }

    private long NowMicros() => (_options.TimeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
