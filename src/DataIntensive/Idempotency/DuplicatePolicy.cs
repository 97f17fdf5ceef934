namespace DataIntensive;

/// <summary>What a call gets while another one runs for its key.</summary>
public enum DuplicatePolicy
{
    /// <summary>It waits for that one's result, as long as that takes.</summary>
    Join,

    /// <summary>The same for a limited time; then it gets an <see cref="IdempotencyInProgressException"/>.</summary>
    Wait,

    /// <summary>It gets an <see cref="IdempotencyInProgressException"/> at once.</summary>
    Reject,
}
