namespace DataIntensive.Testing;

/// <summary>How long and how large a check may grow. Past a bound the verdict is <see cref="LinearizabilityVerdict.Unknown"/>.</summary>
public sealed class LinearizabilityOptions
{
    private const long LeastMemory = 1024 * 1024;

    /// <summary>
    /// How long to search. Default 1 minute; above zero, or <see cref="Timeout.InfiniteTimeSpan"/>. When a violation was found, up to
    /// 10 seconds more are spent on making it small.
    /// </summary>
    public TimeSpan Timeout
    {
        get;
        init
        {
            if (value != System.Threading.Timeout.InfiniteTimeSpan)
            {
                ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            }

            field = value;
        }
    } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// About how much memory the search may take, in bytes: the configurations that it remembers and the states of the model, without the
    /// history itself. Default 512 MiB; from 1 MiB.
    /// </summary>
    public long MaxMemoryBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, LeastMemory);
            field = value;
        }
    } = 512L * 1024 * 1024;

    /// <summary>The clock for <see cref="Timeout"/>. Default <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = TimeProvider.System;
}
