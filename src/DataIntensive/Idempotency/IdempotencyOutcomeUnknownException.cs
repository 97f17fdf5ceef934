namespace DataIntensive;

/// <summary>
/// An operation, or a step of it, was begun for this key and may have had its effect: the process ended in between, or the end could not
/// be recorded. Find out what it did before you repeat it; <see cref="UnknownOutcomePolicy"/> says what later calls do.
/// </summary>
public sealed class IdempotencyOutcomeUnknownException : DataIntensiveException
{
    internal IdempotencyOutcomeUnknownException(IdempotencyKey key, Exception cause)
        : base($"What was run for the key {key} succeeded, and that could not be recorded: {cause.Message}", cause) => Key = key;

    internal IdempotencyOutcomeUnknownException(UnknownOutcome outcome)
        : base($"The run {outcome.FencingToken} of the key {outcome.Key}, begun at {outcome.BegunAt:O}, has not told how it ended. It may have had its effect.")
    {
        Key = outcome.Key;
        Outcome = outcome;
    }

    /// <summary>The key.</summary>
    public IdempotencyKey Key { get; }

    /// <summary>What is known of the earlier run; null when it is this call's own run that could not be recorded.</summary>
    public UnknownOutcome? Outcome { get; }
}
