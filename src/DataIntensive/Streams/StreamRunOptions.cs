namespace DataIntensive;

/// <summary>How a stream is run. Every value may differ from run to run of one name.</summary>
public sealed class StreamRunOptions
{
    /// <summary>
    /// How many items one commit covers at most. Default 512; 1 to 65,536. The commit comes earlier when the source has nothing more at
    /// the moment. No result depends on it. A run in memory has no commits and gives each result at once.
    /// </summary>
    public int BatchSize
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 65_536);
            field = value;
        }
    } = 512;

    /// <summary>
    /// Where the input ends: when the source has delivered everything up to this position, all windows close. Default null: with the
    /// source. It needs a source with positions; items behind it are not read.
    /// </summary>
    public LogPosition? EndAfter { get; init; }

    /// <summary>
    /// How many windows may be open at once, counted per key. Default 1,000,000; from 1. Past it the run fails with
    /// <see cref="StreamStateFullException"/>. A session that was joined to another counts until its own end has passed.
    /// </summary>
    public int MaxOpenWindows
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 1_000_000;
}
