namespace DataIntensive;

/// <summary>
/// The operation's lease had run out, and another run took its key over: what this one wanted to record was refused. Its effect may have
/// happened all the same; what it did behind the fencing token is for the other side to refuse.
/// </summary>
public sealed class IdempotencyLeaseLostException : DataIntensiveException
{
    internal IdempotencyLeaseLostException(IdempotencyKey key, long fencingToken)
        : base($"The run {fencingToken} of the key {key} has lost its lease: another one has taken over.")
    {
        Key = key;
        FencingToken = fencingToken;
    }

    /// <summary>The key.</summary>
    public IdempotencyKey Key { get; }

    /// <summary>The token of the run that was refused.</summary>
    public long FencingToken { get; }
}
