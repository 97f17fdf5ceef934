namespace DataIntensive.Testing;

/// <summary>How <see cref="CausalChecker"/> works.</summary>
public sealed class CausalCheckOptions : CheckOptions
{
    /// <summary>Takes the defaults.</summary>
    public CausalCheckOptions()
        : base(TimeSpan.FromMinutes(10))
    {
    }

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
}
