using System.Runtime.ExceptionServices;

namespace DataIntensive.Idempotency;

internal sealed class Execution<T>(in IdempotencyRequest request, string? codec, StopRule stops) : Execution(request, codec, stops)
{
    private T? _value;

    // Of one that is kept.
    public T Value => _value!;

    public override string Form => Codec ?? typeof(T).ToString();

    public bool HasSucceeded => HasEnded && Outcome is not null && Failing is null;

    public bool IsReadBy(ICodec<T>? asked) => asked is null || Codec is null || asked.Name == Codec;

    public void Succeed(T value, IdempotencyOutcome outcome)
    {
        _value = value;
        Outcome = outcome;
    }

    public void Fail(Exception failure)
    {
        Details.Failure = ExceptionDispatchInfo.Capture(failure);
        Outcome = IdempotencyOutcome.Executed;
    }

    // What the one who ran it, and those who joined it, get of it once it has ended. False: look again. The run was not needed, or
    // another one has taken over from it, which is the business of the one who ran it only.
    public bool TryGive(bool ran, out IdempotentResult<T> result)
    {
        result = default;
        if (Outcome is not { } outcome || (IsLost && !ran))
        {
            return false;
        }

        Failing?.Throw();
        result = new IdempotentResult<T>(_value!, ran || outcome == IdempotencyOutcome.Replayed ? outcome : IdempotencyOutcome.Joined);
        return true;
    }
}
