using System.Security.Cryptography;
using DataIntensive.Diagnostics;
using DataIntensive.Logs;
using DataIntensive.Storage;

namespace DataIntensive;

// One thread at a time writes: the log's own, or an appender that leads. Whoever has set _writing owns the frame that was taken,
// the active segment and the checksum chain until it clears it; completions run before that, so that they keep log order.
public sealed partial class CommitLog
{
    private Thread? _writer;
    private bool _writing;
    private bool _stopped;
    private bool _flushDue;
    private bool _hasUnsynced;
    private ITimer? _flushTimer;
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

        if (batch.SizeBytes > _options.MaxCommitBytes)
        {
            throw new ArgumentException($"The commit takes {batch.SizeBytes} bytes, {nameof(CommitLogOptions.MaxCommitBytes)} is {_options.MaxCommitBytes}.", nameof(batch));
        }

        lock (_gate)
        {
            ThrowIfUnusable_NeedsLock();
            if (_filling.Commits > 0 && _filling.PayloadBytes + batch.SizeBytes > _options.MaxPendingBytes)
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
            TryWriteNext();
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
            if (_filling.Commits == 0 || _filling.PayloadBytes < _options.MaxPendingBytes / 2)
            {
                return ValueTask.CompletedTask;
            }

            WakeWriter_NeedsLock();
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_room.Task.WaitAsync(cancellationToken));
        }
    }

    private void ThrowIfUnusable_NeedsLock()
    {
        ObjectDisposedException.ThrowIf(_closing, this);
        if (_failure is not null)
        {
            throw new LogPoisonedException(_storage.Location, _failure, outcomeUnknown: false);
        }
    }

    private void WakeWriter_NeedsLock()
    {
        if (_writing || _stopped || (_filling.Commits == 0 && !_flushDue))
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
                while (!_stopped && (_writing || (_filling.Commits == 0 && !_flushDue)))
                {
                    Monitor.Wait(_gate);
                }

                if (_stopped)
                {
                    return;
                }
            }

            TryWriteNext();
        }
    }

    // Writes one frame when there is something to write and nobody else is at it.
    private bool TryWriteNext()
    {
        FrameBuffer frame;
        lock (_gate)
        {
            bool flushOnly = _filling.Commits == 0 && _flushDue;
            if (_writing || (_filling.Commits == 0 && !flushOnly) || _failure is not null)
            {
                _flushDue = false;
                return false;
            }

            _writing = true;
            _flushDue = false;
            frame = _filling;
            _filling = _spare;
            _room?.TrySetResult();
            _room = null;
        }

        Exception? failure = null;
        try
        {
            WriteFrame(frame);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        FinishFrame(frame, failure);
        return true;
    }

    private void WriteFrame(FrameBuffer frame)
    {
        long durableThen = _durable;
        bool synced = frame.NeedsDisk || frame.Commits == 0;
        if (frame.Commits > 0)
        {
            LogSegment segment = SegmentFor(FrameFormat.SizeOf(frame.PayloadBytes), frame.FirstPosition);
            AppendFrame(segment, frame, durableThen, flags: 0);
        }

        if (synced)
        {
            _active?.File.Flush();
        }

        lock (_gate)
        {
            if (frame.Commits > 0)
            {
                _visible = frame.LastPosition;
            }

            _hasUnsynced = !synced;
            if (synced)
            {
                _durable = _visible;
            }
        }
    }

    private void AppendFrame(LogSegment segment, FrameBuffer frame, long durable, uint flags)
    {
        long offset = segment.End;
        _lastTimeMicros = Math.Max(_lastTimeMicros, NowMicros());
        ReadOnlySpan<byte> bytes = frame.Seal(segment.Header.Salt, offset, durable, _lastTimeMicros, _previousChecksum, flags, _end + 1, out uint checksum);
        segment.File.Write(offset, bytes);
        _previousChecksum = checksum;
        FrameFormat.TryReadHeader(bytes, segment.Header.Salt, offset, out FrameHeader header);
        segment.Publish(offset, header);
    }

    private LogSegment SegmentFor(int frameBytes, long firstPosition)
    {
        if (_active is { } active)
        {
            if (active.End == SegmentHeader.Bytes || active.End + frameBytes <= _options.SegmentBytes)
            {
                return active;
            }

            // A later segment proves that this one is complete, so it must be on the disk first.
            active.File.Flush();
        }

        return _active = CreateSegment(firstPosition);
    }

    private LogSegment CreateSegment(long firstPosition)
    {
        long number = _segments.Length == 0 ? 1 : _segments[^1].Header.Number + 1;
        Span<byte> salt = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(salt);
        SegmentHeader header = new(_logId, number, firstPosition, _epoch, BitConverter.ToUInt64(salt), NowMicros(), _previousChecksum);
        byte[] bytes = new byte[SegmentHeader.Bytes];
        header.Write(bytes);

        string name = LogSegment.NameOf(number);
        IStorageFile file = _storage.Open(name, StorageOpenMode.CreateNew);
        LogSegment segment = new(name, header, file);
        file.Write(0, bytes);
        file.Flush();
        _storage.FlushNames();
        lock (_gate)
        {
            _segments = [.. _segments, segment];
        }

        return segment;
    }

    private void FinishFrame(FrameBuffer frame, Exception? failure)
    {
        if (failure is not null)
        {
            Poison(failure);
        }

        // In log order, before anybody else may write: FrameBuffer's owners apply their commits here.
        frame.CompleteAll(failure is null ? null : new LogPoisonedException(_storage.Location, failure, outcomeUnknown: true));
        frame.Clear();

        FrameBuffer? neverWritten = null;
        lock (_gate)
        {
            _spare = frame;
            if (_failure is not null && _filling.Commits > 0)
            {
                neverWritten = _filling;
                _filling = new FrameBuffer();
            }

            _writing = neverWritten is not null;
            WakeReaders_NeedsLock();
            if (!_writing)
            {
                AfterWrite_NeedsLock();
            }
        }

        if (neverWritten is not null)
        {
            neverWritten.CompleteAll(new LogPoisonedException(_storage.Location, _failure!, outcomeUnknown: false));
            lock (_gate)
            {
                _writing = false;
                AfterWrite_NeedsLock();
            }
        }
    }

    private void AfterWrite_NeedsLock()
    {
        if (_filling.Commits > 0)
        {
            WakeWriter_NeedsLock();
        }
        else if (_hasUnsynced && !_closing)
        {
            _flushTimer ??= _options.TimeProvider.CreateTimer(static log => ((CommitLog)log!).OnFlushTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _flushTimer.Change(_options.FlushInterval, Timeout.InfiniteTimeSpan);
        }

        // Wakes a closing thread as well.
        Monitor.PulseAll(_gate);
    }

    private void OnFlushTimer()
    {
        lock (_gate)
        {
            if (_hasUnsynced && !_closing && _failure is null)
            {
                _flushDue = true;
                WakeWriter_NeedsLock();
            }
        }
    }

    private void Poison(Exception failure)
    {
        lock (_gate)
        {
            _failure = failure;
            _room?.TrySetResult();
            _room = null;
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
    }

    private void CloseCleanly()
    {
        TryWriteNext();
        if (_failure is not null || _active is not { } active)
        {
            return;
        }

        try
        {
            // The mark says that all before it was fsynced, and is fsynced itself: from now on any damage is known as such.
            if (_hasUnsynced)
            {
                active.File.Flush();
                _durable = _visible;
            }

            _spare.Clear();
            AppendFrame(active, _spare, _durable, FrameFormat.CloseMark);
            active.File.Flush();
        }
        catch (IOException exception)
        {
            Poison(exception);
        }
    }

    private long NowMicros() => (_options.TimeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
