using DataIntensive.Idempotency;

namespace DataIntensive;

/// <summary>Shorter calls of an <see cref="IIdempotencyProcessor"/>.</summary>
public static class IdempotencyProcessorExtensions
{
    /// <summary>Runs an operation without a result, unless it was run or is running for this key.</summary>
    /// <returns>Whether this call ran it.</returns>
    /// <inheritdoc cref="IIdempotencyProcessor.ExecuteAsync{T}"/>
    public static async ValueTask<IdempotencyOutcome> ExecuteAsync(
        this IIdempotencyProcessor processor,
        IdempotencyKey key,
        Func<CancellationToken, ValueTask> operation,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(processor);
        ArgumentNullException.ThrowIfNull(operation);
        IdempotentResult<NoResult> result = await processor.ExecuteAsync(
            key,
            async token =>
            {
                await operation(token).ConfigureAwait(false);
                return default(NoResult);
            },
            NoResultCodec.Instance,
            cancellationToken).ConfigureAwait(false);
        return result.Outcome;
    }
}
