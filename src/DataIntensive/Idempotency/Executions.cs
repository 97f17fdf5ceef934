using System.Collections.Concurrent;

namespace DataIntensive.Idempotency;

// What is running now. An execution stands in the table from before the last look at the completed keys until after its result can be
// found there, so that nobody who finds neither can start a second one. It stays there when all callers have gone: an operation that
// was asked to stop may still succeed.
internal sealed class Executions(ICompletions completions)
{
    private static readonly AsyncLocal<Execution?> Current = new();

    private readonly ConcurrentDictionary<IdempotencyKey, Execution> _running = new();

    public int Count => _running.Count;

    public bool IsRunning(IdempotencyKey key) => _running.ContainsKey(key);

    public ValueTask<IdempotentResult<T>> ExecuteAsync<T>(
        IdempotencyKey key,
        Func<CancellationToken, ValueTask<T>> operation,
        ICodec<T>? codec,
        CancellationToken cancellationToken)
    {
        key.ThrowIfDefault();
        ArgumentNullException.ThrowIfNull(operation);
        cancellationToken.ThrowIfCancellationRequested();
        return completions.TryRead(key, codec, out T? kept)
            ? new ValueTask<IdempotentResult<T>>(new IdempotentResult<T>(kept, IdempotencyOutcome.Replayed))
            : RunOrJoinAsync(key, operation, codec, cancellationToken);
    }

    private async ValueTask<IdempotentResult<T>> RunOrJoinAsync<T>(
        IdempotencyKey key,
        Func<CancellationToken, ValueTask<T>> operation,
        ICodec<T>? codec,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            ThrowIfReentered(key);
            Execution<T> execution = FindOrBegin(key, operation, codec, out bool runs);
            if (runs || execution.TryJoin())
            {
                try
                {
                    Execution<T>.Ending ending = await execution.Result.WaitAsync(cancellationToken).ConfigureAwait(false);
                    if (ending.HasRun)
                    {
                        return new IdempotentResult<T>(ending.Value!, runs ? IdempotencyOutcome.Executed : IdempotencyOutcome.Joined);
                    }
                }
                finally
                {
                    execution.Leave();
                }
            }
            else
            {
                // It was asked to stop. Only when it has ended is it known whether it succeeded nevertheless.
                await execution.Completion.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (completions.TryRead(key, codec, out T? kept))
            {
                return new IdempotentResult<T>(kept, IdempotencyOutcome.Replayed);
            }
        }
    }

    private void ThrowIfReentered(IdempotencyKey key)
    {
        for (Execution? inside = Current.Value; inside is { HasEnded: false }; inside = inside.Outer)
        {
            if (ReferenceEquals(inside.Owner, this) && inside.Key == key)
            {
                throw new InvalidOperationException($"The operation of the key {key} asked for its own key: it would wait for itself.");
            }
        }
    }

    private Execution<T> FindOrBegin<T>(IdempotencyKey key, Func<CancellationToken, ValueTask<T>> operation, ICodec<T>? codec, out bool begun)
    {
        if (!_running.TryGetValue(key, out Execution? running))
        {
            Execution? outer = Current.Value;
            Execution<T> own = new(this, key, codec?.Name, outer is { HasEnded: false } ? outer : null);
            running = _running.GetOrAdd(key, own);
            if (ReferenceEquals(running, own))
            {
                begun = true;
                _ = RunAsync(own, operation, codec);
                return own;
            }
        }

        begun = false;
        return running is Execution<T> typed && (codec is null || running.Codec is null || codec.Name == running.Codec)
            ? typed
            : throw new IdempotentResultUnavailableException(
                key,
                running.Codec ?? "another type",
                codec?.Name ?? typeof(T).ToString(),
                "it is running with another type of result.");
    }

    // Never fails: what goes wrong goes to those who wait. An asynchronous method, so that what it sets as current ends with it.
    private async Task RunAsync<T>(Execution<T> execution, Func<CancellationToken, ValueTask<T>> operation, ICodec<T>? codec)
    {
        IdempotencyKey key = execution.Key;
        bool completed;
        T result = default!;
        try
        {
            completed = await completions.IsCompletedAsync(key, execution.Token).ConfigureAwait(false);
            if (!completed)
            {
                execution.Token.ThrowIfCancellationRequested();
                Current.Value = execution;
                result = await operation(execution.Token).ConfigureAwait(false);
                await KeepAsync(key, result, codec).ConfigureAwait(false);
            }
        }
        catch (Exception failure)
        {
            _running.TryRemove(key, out _);
            execution.Fail(failure);
            return;
        }

        _running.TryRemove(key, out _);
        if (completed)
        {
            execution.EndWithoutRun();
        }
        else
        {
            execution.Succeed(result);
        }
    }

    private async ValueTask KeepAsync<T>(IdempotencyKey key, T result, ICodec<T>? codec)
    {
        try
        {
            await completions.KeepAsync(key, result, codec).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            throw new IdempotencyOutcomeUnknownException(key, failure);
        }
    }
}
