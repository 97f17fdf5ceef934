namespace DataIntensive;

/// <summary>How a causal store works. Every value may differ from the one that an existing log was written with.</summary>
public sealed class CausalStoreOptions
{
    /// <summary>
    /// How many received updates may wait for what they depend on. Default 10,000; 1 to 1,000,000. Past it comes
    /// <see cref="CausalBufferFullException"/>.
    /// </summary>
    public int MaxBufferedUpdates
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1_000_000);
            field = value;
        }
    } = 10_000;

    /// <summary>
    /// How many of the newest updates are kept, in memory, for replicas that lack them. Default 1,000,000; 1 to 100,000,000. Each keeps
    /// its key and value, replaced or not, and takes some 150 bytes beside, and 16 more per replica in its dependencies. A replica that
    /// lacks older ones gets <see cref="CausalHistoryGoneException"/>.
    /// </summary>
    public int MaxKeptUpdates
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 100_000_000);
            field = value;
        }
    } = 1_000_000;
}
