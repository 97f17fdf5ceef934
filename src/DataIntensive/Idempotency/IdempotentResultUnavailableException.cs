namespace DataIntensive;

/// <summary>
/// The operation has been run for this key, and its result cannot be given: it was kept by another codec, or was not kept. Nothing was
/// run again, and what is kept stays as it is.
/// </summary>
public sealed class IdempotentResultUnavailableException : DataIntensiveException
{
    internal IdempotentResultUnavailableException(IdempotencyKey key, string stored, string asked, string reason, Exception? innerException = null)
        : base($"The operation of the key {key} was run, and its result cannot be given: {reason} Kept as {stored}, asked for as {asked}.", innerException)
    {
        Key = key;
        Stored = stored;
        Asked = asked;
    }

    /// <summary>The key.</summary>
    public IdempotencyKey Key { get; }

    /// <summary>What the result was kept as: a codec's name with its version, or a type in memory.</summary>
    public string Stored { get; }

    /// <summary>What it was asked for as.</summary>
    public string Asked { get; }
}
