using DataIntensive.Idempotency;

namespace DataIntensive;

/// <summary>Shorter calls of an <see cref="IIdempotencyProcessor"/>.</summary>
public static class IdempotencyProcessorExtensions
{
    private static readonly IdempotencyCall<NoResult> WithoutResult = new() { Codec = NoResultCodec.Instance };

    /// <summary>Runs an operation without a result, unless it was run or is running for this key.</summary>
    /// <returns>Whether this call ran it.</returns>
    /// <inheritdoc cref="IIdempotencyProcessor.ExecuteAsync{T}(IdempotencyKey, Func{CancellationToken, ValueTask{T}}, ICodec{T}?, CancellationToken)"/>
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

    /// <summary>
    /// Runs an operation without a result, with a fingerprint of its request, recovery points and a fencing token, unless it was run or is
    /// running for this key.
    /// </summary>
    /// <returns>Whether this call ran it.</returns>
    /// <inheritdoc cref="IIdempotencyProcessor.ExecuteAsync{T}(IdempotencyRequest, Func{IdempotencyContext, ValueTask{T}}, IdempotencyCall{T}?, CancellationToken)"/>
    public static async ValueTask<IdempotencyOutcome> ExecuteAsync(
        this IIdempotencyProcessor processor,
        IdempotencyRequest request,
        Func<IdempotencyContext, ValueTask> operation,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(processor);
        ArgumentNullException.ThrowIfNull(operation);
        IdempotentResult<NoResult> result = await processor.ExecuteAsync(
            request,
            async context =>
            {
                await operation(context).ConfigureAwait(false);
                return default(NoResult);
            },
            WithoutResult,
            cancellationToken).ConfigureAwait(false);
        return result.Outcome;
    }
}
