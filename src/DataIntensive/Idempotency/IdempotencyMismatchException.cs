namespace DataIntensive;

/// <summary>
/// The key was used for another request: the fingerprints differ. Nothing was run, and what is kept, or runs, is left alone.
/// </summary>
public sealed class IdempotencyMismatchException : DataIntensiveException
{
    internal IdempotencyMismatchException(IdempotencyKey key, IdempotencyFingerprint known, IdempotencyFingerprint asked)
        : base($"The key {key} belongs to another request. Its fingerprint is {known}, and {asked} was asked for.")
    {
        Key = key;
        Known = known;
        Asked = asked;
    }

    /// <summary>The key.</summary>
    public IdempotencyKey Key { get; }

    /// <summary>The fingerprint of the request that the key belongs to.</summary>
    public IdempotencyFingerprint Known { get; }

    /// <summary>The fingerprint of this request.</summary>
    public IdempotencyFingerprint Asked { get; }
}
