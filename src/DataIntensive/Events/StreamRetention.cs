namespace DataIntensive;

/// <summary>
/// Which events of a stream are kept. What is not kept is hidden from every reader at once, and its records may be compacted away; versions
/// go on counting.
/// </summary>
public sealed class StreamRetention
{
    /// <summary>The oldest version that is kept, from 1; 0 to leave that as it is. It is only ever raised. Default 0.</summary>
    public long KeepFrom
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Versions count from 1.");
    }

    /// <summary>
    /// How many events are kept, from 1; null for all. A larger number later shows again what was not compacted yet. Default null.
    /// </summary>
    public long? MaxCount
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "At least one event is kept.");
    }

    /// <summary>
    /// How long events are kept after their timestamp, by the database's clock; above zero, null for ever. A longer time later shows again
    /// what was not compacted yet. Default null.
    /// </summary>
    public TimeSpan? MaxAge
    {
        get;
        init => field = value is null || value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Above zero.");
    }

    // 0 for ever.
    internal long MaxAgeMicros => MaxAge is { } age ? Math.Max(1, age.Ticks / TimeSpan.TicksPerMicrosecond) : 0;
}
