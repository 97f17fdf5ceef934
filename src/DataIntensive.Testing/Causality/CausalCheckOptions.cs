namespace DataIntensive.Testing;

/// <summary>How <see cref="CausalChecker"/> works.</summary>
public sealed class CausalCheckOptions
{
    /// <summary>
    /// How long a check may take; what is not known by then is unknown. Default 10 minutes; above zero, up to a day, or
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>.
    /// </summary>
    public TimeSpan Timeout
    {
        get;
        init
        {
            if (value != System.Threading.Timeout.InfiniteTimeSpan)
            {
                ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
                ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromDays(1));
            }

            field = value;
        }
    } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How many operations times sessions a history may have; more is unknown at once. A check takes about 12 bytes for each. Default
    /// 50,000,000; 1 to 1,000,000,000.
    /// </summary>
    public long MaxClockEntries
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1_000_000_000);
            field = value;
        }
    } = 50_000_000;

    /// <summary>How many violations of one name are reported. Default 8; 1 to 1,000. The verdicts do not depend on it.</summary>
    public int MaxViolationsPerName
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1_000);
            field = value;
        }
    } = 8;

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
