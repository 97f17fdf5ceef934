namespace DataIntensive.Testing;

// What a check may still use of its time, and of memory where it takes much. One budget serves the parts of a check, one after another.
internal sealed class CheckBudget
{
    private const int StepsBetweenLooks = 1 << 16;

    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _stop;
    private readonly long _start;
    private int _untilLook = StepsBetweenLooks;

    public CheckBudget(TimeProvider time, TimeSpan timeout, CancellationToken stop, long maxMemoryBytes = long.MaxValue)
    {
        _time = time;
        _timeout = timeout;
        _stop = stop;
        _start = time.GetTimestamp();
        MaxMemoryBytes = maxMemoryBytes;
    }

    public long MaxMemoryBytes { get; }

    public TimeSpan Elapsed => _time.GetElapsedTime(_start);

    // The time is looked at every few thousand steps.
    public void Spend(int steps = 1)
    {
        _untilLook -= steps;
        if (_untilLook <= 0)
        {
            _untilLook = StepsBetweenLooks;
            Look();
        }
    }

    public void Look()
    {
        if (IsOutOfTime())
        {
            throw new CheckLimitException($"stopped after {_timeout}");
        }
    }

    // For a check that says itself how it ended.
    public bool IsOutOfTime()
    {
        _stop.ThrowIfCancellationRequested();
        return _timeout != Timeout.InfiniteTimeSpan && Elapsed >= _timeout;
    }
}
