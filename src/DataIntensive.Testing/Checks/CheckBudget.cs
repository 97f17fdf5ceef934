namespace DataIntensive.Testing;

// The time that a check may take, looked at every few thousand steps.
internal sealed class CheckBudget
{
    private const int StepsBetweenLooks = 1 << 16;

    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _stop;
    private readonly long _start;
    private int _untilLook = StepsBetweenLooks;

    public CheckBudget(TimeProvider time, TimeSpan timeout, CancellationToken stop)
    {
        _time = time;
        _timeout = timeout;
        _stop = stop;
        _start = time.GetTimestamp();
    }

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
        _stop.ThrowIfCancellationRequested();
        if (_timeout != Timeout.InfiniteTimeSpan && _time.GetElapsedTime(_start) >= _timeout)
        {
            throw new CheckLimitException($"stopped after {_timeout}");
        }
    }
}
