namespace DataIntensive;

/// <summary>How a standalone store in memory works.</summary>
public sealed class InMemoryStoreOptions
{
    /// <summary>
    /// How many of the newest changes are kept for watches, once the first watch has begun. Default 1,024; 1 to 1,000,000. A watch that
    /// falls further behind ends with <see cref="LogHistoryGoneException"/>.
    /// </summary>
    public int KeptChanges
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1_000_000);
            field = value;
        }
    } = 1024;
}
