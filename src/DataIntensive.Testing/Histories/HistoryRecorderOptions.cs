namespace DataIntensive.Testing;

/// <summary>How a <see cref="HistoryRecorder"/> stamps, and how much it takes.</summary>
public sealed class HistoryRecorderOptions
{
    private const int MostOperations = 100_000_000;

    /// <summary>
    /// The clock whose timestamps order the events, in nanoseconds since the recorder was made; what falls on one timestamp is taken for
    /// concurrent. Default null, for a shared counter: never ambiguous, and without a time.
    /// </summary>
    public TimeProvider? TimeProvider { get; init; }

    /// <summary>How many operations one process records at most; past it, calling throws. Default 1,000,000; 1 to 100,000,000.</summary>
    public int MaxOperationsPerProcess
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MostOperations);
            field = value;
        }
    } = 1_000_000;
}
