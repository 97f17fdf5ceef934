using System.Runtime.ExceptionServices;

namespace DataIntensive.Idempotency;

internal sealed class Execution<T>(Executions owner, in IdempotencyRequest request, string? codec, Execution? outer, AbandonPolicy whenAbandoned)
    : Execution(owner, request, codec, outer, whenAbandoned)
{
    private T? _value;
    private ExceptionDispatchInfo? _failure;
    private IdempotencyOutcome? _outcome;

    public bool HasSucceeded => HasEnded && _outcome is not null && _failure is null;

    public void Succeed(T value, IdempotencyOutcome outcome)
    {
        _value = value;
        _outcome = outcome;
    }

    public void Fail(Exception failure)
    {
        _failure = ExceptionDispatchInfo.Capture(failure);
        _outcome = IdempotencyOutcome.Executed;
    }

    // What the one who ran it, and those who joined it, get of it once it has ended. False: look again. The run was not needed, or
    // another one has taken over from it, which is the business of the one who ran it only.
    public bool TryGive(bool ran, out IdempotentResult<T> result)
    {
        result = default;
        if (_outcome is not { } outcome || (IsLost && !ran))
        {
            return false;
        }

        _failure?.Throw();
        result = new IdempotentResult<T>(_value!, ran || outcome == IdempotencyOutcome.Replayed ? outcome : IdempotencyOutcome.Joined);
        return true;
    }
}
