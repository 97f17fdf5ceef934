namespace DataIntensive;

/// <summary>
/// Received updates wait for others that have not come, and no more may. Send the missing ones: what follows
/// the clock of the replica, causes first.
/// </summary>
public sealed class CausalBufferFullException : DataIntensiveException
{
    internal CausalBufferFullException(int limit, int buffered, int more)
        : base($"{buffered} updates wait for what they depend on, {more} more would have to, and {limit} may ({nameof(CausalStoreOptions.MaxBufferedUpdates)}).") =>
        Limit = limit;

    /// <summary>How many may wait.</summary>
    public int Limit { get; }
}
