namespace DataIntensive;

/// <summary>Another call runs for the key, and this one does not wait, or has waited long enough. Try again later.</summary>
public sealed class IdempotencyInProgressException : DataIntensiveException
{
    internal IdempotencyInProgressException(IdempotencyKey key)
        : base($"An operation is running for the key {key}.") => Key = key;

    /// <summary>The key.</summary>
    public IdempotencyKey Key { get; }
}
