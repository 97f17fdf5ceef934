namespace DataIntensive.Testing;

// Stands still until the run lets the next timer fire.
internal sealed class ScheduledClock(ScheduledRun run) : TimeProvider
{
    private static readonly DateTimeOffset Begin = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<ScheduledTimer> _timers = [];
    private TimeSpan _elapsed;
    private long _made;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public bool HasTimer => _timers.Exists(timer => timer.Due is not null);

    public override DateTimeOffset GetUtcNow() => Begin + _elapsed;

    public override long GetTimestamp() => _elapsed.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ThrowIfForeign();
        ScheduledTimer timer = new(this, callback, state, ++_made);
        _timers.Add(timer);
        timer.Change(dueTime, period);
        return timer;
    }

    // Of timers that are due at once the one that was made first.
    public void FireNext()
    {
        ScheduledTimer next = _timers.Where(timer => timer.Due is not null).OrderBy(timer => timer.Due).ThenBy(timer => timer.Number).First();
        _elapsed = TimeSpan.FromTicks(Math.Max(_elapsed.Ticks, next.Due!.Value.Ticks));
        next.Fire();
    }

    public TimeSpan? DueAfter(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? null : _elapsed + time;

    public void Remove(ScheduledTimer timer) => _timers.Remove(timer);

    public void ThrowIfForeign()
    {
        if (run.IsForeign())
        {
            run.Leave();
            throw new InvalidOperationException("The clock of a run is used outside of it.");
        }
    }
}
