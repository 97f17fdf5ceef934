using DataIntensive.Diagnostics;
using DataIntensive.Logs;

namespace DataIntensive;

// One thread at a time writes: the log's own, or an appender that leads. Whoever has set _writing owns the frame that was taken,
// the files and the checksum chain until it clears it; completions run before that, so that they keep log order.
public sealed partial class CommitLog
{
    // How often in a row nobody may come before a frame is begun, and how large a frame needs no more to pay for its fsync.
    private const int GatherYields = 32;
    private const int GatherBytes = 256 * 1024;

    private Thread? _writer;
    private int _expectedCommits;
    private long _lastWriteTicks;
    private bool _writing;
    private bool _stopped;
    private bool _flushDue;
    private bool _markDue;
    private bool _hasUnsynced;

    private enum WriterTask
    {
        None,
        Prepare,
        WriteFrame,
        Flush,
        Mark,
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
            bool isFrame;
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

                isFrame = NextTask_NeedsLock() == WriterTask.WriteFrame;
            }

            if (isFrame)
            {
                Gather();
            }

            TryWork();
        }
    }

    // Those whose commits were just completed often come back at once, one after the other. Taking the first of them alone would let
    // all others wait for one more fsync. So while more come in, up to as many as there were lately, the next frame is not begun; but
    // not for longer than half of a write, nor when nobody came while the processor was given away GatherYields times.
    private void Gather()
    {
        int expected = Volatile.Read(ref _expectedCommits);
        long began = _options.TimeProvider.GetTimestamp();
        int seen = 0;
        for (int idle = 0; idle < GatherYields; idle++)
        {
            FrameBuffer filling = Volatile.Read(ref _filling);
            int now = filling.Commits;
            if (now >= expected || filling.PayloadBytes >= GatherBytes || _options.TimeProvider.GetTimestamp() - began > _lastWriteTicks / 2)
            {
                return;
            }

            if (now > seen)
            {
                seen = now;
                idle = 0;
            }

            Thread.Yield();
        }
    }

    private WriterTask NextTask_NeedsLock() =>
        _failure is not null ? WriterTask.None
        : _neededBytes > 0 || _aheadBytes > 0 ? WriterTask.Prepare
        : _filling.Commits > 0 ? WriterTask.WriteFrame
        : _flushDue ? WriterTask.Flush
        : _markDue ? WriterTask.Mark
        : WriterTask.None;

    // Does what is to be done next, when nobody else is at it.
    private void TryWork()
    {
        lock (_gate)
        {
            if (_writing || NextTask_NeedsLock() == WriterTask.None)
            {
                return;
            }

            _writing = true;
        }

        if (DoNext() == WriterTask.Prepare)
        {
            // What the room was for is in line already: a caller that leads writes it too.
            DoNext();
        }

        lock (_gate)
        {
            _writing = false;
            AfterWork_NeedsLock();
        }
    }

    private WriterTask DoNext()
    {
        WriterTask task;
        FrameBuffer? frame = null;
        bool roll = false;
        lock (_gate)
        {
            task = NextTask_NeedsLock();
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
            case WriterTask.Mark:
                Guard(() => WriteMark(isClosed: false));
                break;
            default:
                break;
        }

        return task;
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

        int commits = frame.Commits;

        // In log order, before anybody else may write: the owners of the commits apply them here.
        frame.CompleteAll(failure is null ? null : new LogPoisonedException(_storage.Location, failure, outcomeUnknown: true));
        frame.Clear();
        lock (_gate)
        {
            _spare = frame;
            _expectedCommits = commits + _filling.Commits;
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
        long began = _options.TimeProvider.GetTimestamp();
        segment.File.Write(offset, bytes);
        if (frame.NeedsDisk)
        {
            segment.File.Flush();
        }

        _lastWriteTicks = _options.TimeProvider.GetTimestamp() - began;
        _previousChecksum = header.Checksum;
        segment.Publish(offset, header);
        lock (_gate)
        {
            Volatile.Write(ref _visible, frame.LastPosition);
            _hasUnsynced = !frame.NeedsDisk;
            if (frame.NeedsDisk)
            {
                Volatile.Write(ref _durable, _visible);
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
            Volatile.Write(ref _durable, _visible);
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

    private FrameBuffer NewFrameBuffer() => new(FrameFormat.SizeOf(_options.MaxPendingBytes));

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
            _filling = NewFrameBuffer();
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

    private long NowMicros() => LogTime.ToMicros(_options.TimeProvider.GetUtcNow());
}
