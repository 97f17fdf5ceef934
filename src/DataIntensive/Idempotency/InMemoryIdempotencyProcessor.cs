using System.Diagnostics.CodeAnalysis;

namespace DataIntensive.Idempotency;

/// <summary>An idempotency processor in memory, without a log. <see cref="IdempotencyProcessor"/> makes it.</summary>
/// <remarks>
/// <para><b>Guarantee.</b> One operation runs at a time per key, and none runs while a success is kept.</para>
/// <para><b>Order.</b> A caller that gets a result gets it after it was kept.</para>
/// <para><b>After a crash.</b> Nothing is left: every key runs again.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread. Callers share the results: treat them as immutable.</para>
/// <para><b>Cost.</b> A replay is one look-up without a lock. A completion takes a lock that all keys share, for a moment.</para>
/// <para><b>Not guaranteed.</b> Durability, and keys beyond <see cref="IdempotencyOptions.Retention"/> and
/// <see cref="IdempotencyOptions.MaxKeys"/>. What results take in memory is not bounded: they are kept as they are.</para>
/// </remarks>
public sealed class InMemoryIdempotencyProcessor : IIdempotencyProcessor, ICompletions
{
    private readonly Lock _gate = new();
    private readonly RetentionClock _clock;
    private readonly CompletedKeys<CompletedKey> _completed;
    private readonly Executions _executions;

    internal InMemoryIdempotencyProcessor(IdempotencyOptions options, TimeProvider timeProvider)
    {
        _clock = new RetentionClock(timeProvider, options.Retention);
        _completed = new CompletedKeys<CompletedKey>(options, _clock);
        _executions = new Executions(this);
    }

    internal int RunningCount => _executions.Count;

    internal int CompletedCount => _completed.Count;

    /// <inheritdoc />
    public ValueTask<IdempotentResult<T>> ExecuteAsync<T>(
        IdempotencyKey key,
        Func<CancellationToken, ValueTask<T>> operation,
        ICodec<T>? codec = null,
        CancellationToken cancellationToken = default) =>
        _executions.ExecuteAsync(key, operation, codec, cancellationToken);

    bool ICompletions.TryRead<T>(IdempotencyKey key, ICodec<T>? codec, [MaybeNullWhen(false)] out T result)
    {
        if (!_completed.TryGet(key, out CompletedKey? completed))
        {
            result = default;
            return false;
        }

        if (completed is MemoryResult<T> kept && (codec is null || kept.Codec is null || codec.Name == kept.Codec))
        {
            result = kept.Value;
            return true;
        }

        throw new IdempotentResultUnavailableException(key, completed.Form, codec?.Name ?? typeof(T).ToString(), "it is of another type.");
    }

    ValueTask<bool> ICompletions.IsCompletedAsync(IdempotencyKey key, CancellationToken cancellationToken) => new(_completed.TryGet(key, out _));

    ValueTask ICompletions.KeepAsync<T>(IdempotencyKey key, T result, ICodec<T>? codec)
    {
        MemoryResult<T> completed = new(result, codec?.Name);
        lock (_gate)
        {
            completed.CompletedAt = _clock.Stamp();
            _completed.Add_NeedsLock(key, completed);
            _completed.Sweep_NeedsLock();
        }

        return ValueTask.CompletedTask;
    }
}
