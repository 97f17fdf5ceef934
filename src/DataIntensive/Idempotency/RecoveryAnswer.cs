using DataIntensive.Idempotency;

namespace DataIntensive;

/// <summary>Makes the answers to the question what became of an operation. See <see cref="IdempotencyCall{T}.Recover"/>.</summary>
public static class RecoveryAnswer
{
    /// <summary>It succeeded with this result, which is kept and given out as a replay.</summary>
    public static RecoveryAnswer<T> Succeeded<T>(T result) => new(RecoveryAnswerKind.Succeeded, result);

    /// <summary>It had no effect, or none that a second run would double: run it.</summary>
    public static RecoveryAnswer<T> Rerun<T>() => new(RecoveryAnswerKind.Rerun, default!);

    /// <summary>That cannot be told now: the call fails with <see cref="IdempotencyOutcomeUnknownException"/>.</summary>
    public static RecoveryAnswer<T> Unknown<T>() => default;
}
