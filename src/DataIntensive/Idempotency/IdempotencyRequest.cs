namespace DataIntensive;

/// <summary>
/// What one caller asks for: a key, and what the request was, so that a key which is reused for another request is found out. A key
/// converts to it by itself. The default has no key, and is refused wherever a request is expected.
/// </summary>
/// <param name="Key">What is to happen once.</param>
/// <param name="Fingerprint">What the request was. Default: not told, and then not compared.</param>
public readonly record struct IdempotencyRequest(IdempotencyKey Key, IdempotencyFingerprint Fingerprint = default)
{
    /// <summary>A request that does not tell what it is about.</summary>
    public static implicit operator IdempotencyRequest(IdempotencyKey key) => FromIdempotencyKey(key);

    /// <summary>A request that does not tell what it is about.</summary>
    public static IdempotencyRequest FromIdempotencyKey(IdempotencyKey key) => new(key);
}
