using System.Diagnostics.CodeAnalysis;

namespace DataIntensive.Idempotency;

// Where results are kept: what Executions needs to know of it.
internal interface ICompletions
{
    // A result that may be given out already.
    bool TryRead<T>(IdempotencyKey key, ICodec<T>? codec, [MaybeNullWhen(false)] out T result);

    // Whether the key is completed after all, also by something that is on its way only. When it says so, TryRead finds it.
    ValueTask<bool> IsCompletedAsync(IdempotencyKey key, CancellationToken cancellationToken);

    // Returns when TryRead finds it. Everything that it throws means that the outcome is unknown.
    ValueTask KeepAsync<T>(IdempotencyKey key, T result, ICodec<T>? codec);
}
