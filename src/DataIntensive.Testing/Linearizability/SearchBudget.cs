namespace DataIntensive.Testing;

// What a search may still use. One budget serves the searches of all parts, one after another.
internal sealed class SearchBudget
{
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _cancellationToken;

    public SearchBudget(TimeProvider time, TimeSpan timeout, long maxMemoryBytes, CancellationToken cancellationToken)
    {
        _time = time;
        _timeout = timeout;
        _cancellationToken = cancellationToken;
        _start = time.GetTimestamp();
        MaxMemoryBytes = maxMemoryBytes;
    }

    public long MaxMemoryBytes { get; }

    public TimeSpan Elapsed => _time.GetElapsedTime(_start);

    public bool IsOutOfTime()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        return _timeout != Timeout.InfiniteTimeSpan && Elapsed >= _timeout;
    }
}
