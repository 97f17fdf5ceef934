namespace DataIntensive;

/// <summary>
/// The operation succeeded, and that it did could not be recorded: a later call with this key may replay it or run it again. Find out
/// what the operation did before you repeat it.
/// </summary>
public sealed class IdempotencyOutcomeUnknownException : DataIntensiveException
{
    internal IdempotencyOutcomeUnknownException(IdempotencyKey key, Exception cause)
        : base($"The operation of the key {key} succeeded, and its completion could not be recorded: {cause.Message}", cause) => Key = key;

    /// <summary>The key.</summary>
    public IdempotencyKey Key { get; }
}
