namespace DataIntensive.Idempotency;

internal sealed class Execution<T>(Executions owner, IdempotencyKey key, string? codec, Execution? outer) : Execution(owner, key, codec, outer)
{
    private readonly TaskCompletionSource<Ending> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override Task Completion => _completion.Task;

    public Task<Ending> Result => _completion.Task;

    public void Succeed(T value)
    {
        End();
        _completion.SetResult(new Ending(HasRun: true, value));
    }

    // The key turned out to be completed: everyone looks again.
    public void EndWithoutRun()
    {
        End();
        _completion.SetResult(default);
    }

    public void Fail(Exception failure)
    {
        End();
        _completion.SetException(failure);

        // Seen to: when all callers have gone, nobody else looks at it.
        _ = _completion.Task.Exception;
    }

    internal readonly record struct Ending(bool HasRun, T? Value);
}
