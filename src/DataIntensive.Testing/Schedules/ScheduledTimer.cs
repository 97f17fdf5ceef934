namespace DataIntensive.Testing;

internal sealed class ScheduledTimer(ScheduledClock clock, TimerCallback callback, object? state, long number) : ITimer
{
    private readonly ExecutionContext? _context = ExecutionContext.Capture();
    private TimeSpan _period = Timeout.InfiniteTimeSpan;

    public long Number => number;

    // Null while it is not set.
    public TimeSpan? Due { get; private set; }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        clock.ThrowIfForeign();
        Due = clock.DueAfter(dueTime);
        _period = period;
        return true;
    }

    public void Fire()
    {
        Due = _period == Timeout.InfiniteTimeSpan || _period == TimeSpan.Zero ? null : clock.DueAfter(_period);
        if (_context is null)
        {
            callback(state);
        }
        else
        {
            ExecutionContext.Run(_context, inner => callback(inner), state);
        }
    }

    public void Dispose()
    {
        Due = null;
        clock.Remove(this);
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
