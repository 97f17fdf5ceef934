using System.Runtime.CompilerServices;

namespace DataIntensive.Testing;

// What a case plays on: a processor, a clock, and questions that must be answered with yes.
internal sealed class IdempotencyScene(IdempotencyTarget target, CancellationToken stop)
{
    public static readonly IdempotencyKey Key = IdempotencyKey.Create("contract", "a");
    public static readonly IdempotencyFingerprint One = IdempotencyFingerprint.OfBytes("one"u8);
    public static readonly IdempotencyFingerprint Other = IdempotencyFingerprint.OfBytes("other"u8);
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan Retention = TimeSpan.FromHours(1);

    public ContractClock Clock { get; } = new();

    public CancellationToken Stop => stop;

    public IIdempotencyProcessor Processor { get; private set; } = null!;

    public async Task<IIdempotencyProcessor> OpenAsync(IdempotencyOptions? options = null) =>
        Processor = await target.OpenAsync(options ?? new IdempotencyOptions { Retention = Retention, Lease = Lease, MaxKeys = 1000 }, Clock, stop).ConfigureAwait(false);

    public async Task<IIdempotencyProcessor> CrashAsync() => Processor = await target.ReopenAfterCrashAsync(stop).ConfigureAwait(false);

    // An operation that goes on until it is told to.
    public Run Begin(IdempotencyRequest request, IdempotencyCall<int>? call = null, CancellationToken leave = default)
    {
        Run run = new();
        run.Result = Processor.ExecuteAsync(request, run.OperateAsync, call, leave).AsTask();
        return run;
    }

    public Task<IdempotentResult<int>> ExecuteAsync(IdempotencyRequest request, int value, IdempotencyCall<int>? call = null) =>
        Processor.ExecuteAsync(request, _ => new ValueTask<int>(value), call, stop).AsTask();

    // Told by its result: the operation must not run.
    public Task<IdempotentResult<int>> ReplayAsync(IdempotencyRequest request, IdempotencyCall<int>? call = null) =>
        Processor.ExecuteAsync<int>(request, _ => throw new IdempotencyContractException("The operation was run again."), call, stop).AsTask();

    public static void Check(bool holds, [CallerArgumentExpression(nameof(holds))] string? what = null)
    {
        if (!holds)
        {
            throw new IdempotencyContractException($"Does not hold: {what}");
        }
    }

    public async Task<TException> ThrowsAsync<TException>(Task task)
        where TException : Exception
    {
        try
        {
            await task.WaitAsync(stop).ConfigureAwait(false);
        }
        catch (TException expected) when (!stop.IsCancellationRequested)
        {
            return expected;
        }
        catch (Exception failure) when (failure is not IdempotencyContractException && !stop.IsCancellationRequested)
        {
            throw new IdempotencyContractException($"A {typeof(TException).Name} was due, and there was a {failure.GetType().Name}: {failure.Message}");
        }

        throw new IdempotencyContractException($"A {typeof(TException).Name} was due, and there was none.");
    }

    internal sealed class Run
    {
        private readonly TaskCompletionSource<int> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<IdempotencyContext> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<IdempotentResult<int>> Result { get; set; } = null!;

        public Task<IdempotencyContext> Begun => _begun.Task;

        public bool HasBegun => _begun.Task.IsCompleted;

        public async ValueTask<int> OperateAsync(IdempotencyContext context)
        {
            _begun.SetResult(context);
            return await _end.Task.ConfigureAwait(false);
        }

        public void End(int value) => _end.TrySetResult(value);

        public void Fail(Exception failure) => _end.TrySetException(failure);
    }
}
