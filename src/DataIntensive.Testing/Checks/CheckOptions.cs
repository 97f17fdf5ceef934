namespace DataIntensive.Testing;

/// <summary>What the options of all checkers share.</summary>
public abstract class CheckOptions
{
    private protected CheckOptions(TimeSpan timeout) => Timeout = timeout;

    /// <summary>
    /// How long a check may take; what is not known by then is <see cref="CheckVerdict.Unknown"/>. Default 10 minutes, 1 minute for
    /// <see cref="LinearizabilityOptions"/>; above zero up to a day, or <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>.
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
    }

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
