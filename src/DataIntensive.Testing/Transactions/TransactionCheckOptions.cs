namespace DataIntensive.Testing;

/// <summary>How <see cref="TransactionChecker"/> works.</summary>
public sealed class TransactionCheckOptions
{
    /// <summary>
    /// How long a check may take; past it the verdict is unknown, unless a violation was found already. Default 10 minutes; above zero,
    /// up to a day, or <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>.
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

    /// <summary>How many anomalies of one name are reported in full. Default 8; 1 to 1,000. The verdict does not depend on it.</summary>
    public int MaxAnomaliesPerName
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1_000);
            field = value;
        }
    } = 8;

    /// <summary>
    /// How many edges are followed in search of the shortest cycle in one knot of transactions. Past it the shortest found until then
    /// is shown. Default 20,000,000; 1,000 to 10,000,000,000.
    /// </summary>
    public long MaxSearchSteps
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1_000);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 10_000_000_000);
            field = value;
        }
    } = 20_000_000;

    /// <summary>
    /// Whether each register by itself is known to be linearizable, whatever the level: versions then follow each other in real time,
    /// and more can be inferred. Levels that keep real time imply it. Default false. Of no use for lists.
    /// </summary>
    public bool KeysAreLinearizable { get; init; }

    /// <summary>
    /// Whether each process is known to see the versions of each register in their order, whatever the level. Levels that keep the
    /// order of processes imply it. Default false. Of no use for lists.
    /// </summary>
    public bool KeysAreSequential { get; init; }

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
