using DataIntensive.Idempotency;

namespace DataIntensive;

/// <summary>What became of an operation. <see cref="RecoveryAnswer"/> makes it; the default says that it cannot be told.</summary>
/// <typeparam name="T">The type of the operation's result.</typeparam>
public readonly struct RecoveryAnswer<T>
{
    internal RecoveryAnswer(RecoveryAnswerKind kind, T result)
    {
        Kind = kind;
        Result = result;
    }

    internal RecoveryAnswerKind Kind { get; }

    internal T Result { get; }
}
