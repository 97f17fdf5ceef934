namespace DataIntensive;

// What is due when nobody appends: the fsync of commits that did not ask for one, and the note of how far the log is proven.
public sealed partial class CommitLog
{
    private ITimer? _flushTimer;
    private ITimer? _markTimer;
    private bool _flushArmed;
    private bool _markArmed;
    private long _endWhenArmed;

    private void ArmTimers_NeedsLock()
    {
        if (_hasUnsynced)
        {
            if (_flushArmed)
            {
                // It counts from the oldest commit that waits, however many come after it.
                return;
            }

            _flushArmed = true;
            _flushTimer ??= _options.TimeProvider.CreateTimer(static log => ((CommitLog)log!).OnFlushTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _flushTimer.Change(_options.FlushInterval, Timeout.InfiniteTimeSpan);
        }
        else if (!_markArmed && _durable > _manifest.MarkPosition && _options.IdleMarkDelay != Timeout.InfiniteTimeSpan)
        {
            _markArmed = true;
            _endWhenArmed = _end;
            _markTimer ??= _options.TimeProvider.CreateTimer(static log => ((CommitLog)log!).OnMarkTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _markTimer.Change(_options.IdleMarkDelay, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnFlushTimer()
    {
        lock (_gate)
        {
            _flushArmed = false;
            if (_hasUnsynced && !_closing && _failure is null)
            {
                _flushDue = true;
                WakeWriter_NeedsLock();
            }
        }
    }

    private void OnMarkTimer()
    {
        lock (_gate)
        {
            _markArmed = false;
            if (_closing || _failure is not null)
            {
                return;
            }

            if (_end != _endWhenArmed || _writing || _hasUnsynced)
            {
                // Not idle. The timer is set once per delay, however many appends there are.
                ArmTimers_NeedsLock();
                return;
            }

            _markDue = true;
            WakeWriter_NeedsLock();
        }
    }
}
