namespace DataIntensive;

/// <summary>
/// Runs an operation once per key, and gives its result to everyone who asks with that key.
/// <see cref="IdempotencyProcessor.InMemory"/> makes a standalone one; a <see cref="Database"/> holds durable ones.
/// </summary>
/// <remarks>
/// <para><b>Guarantee.</b> Of one key, one operation runs at a time, and none runs while a success or a definite failure is kept; callers that
/// come meanwhile join it, later ones get what is kept. Any other failure is not kept: it reaches everyone who joined, and the next call
/// runs again, but for recorded steps. A key that is reused for a request with another fingerprint is refused, whatever stands there.</para>
/// <para><b>Order.</b> A caller that gets a result gets it after it was kept.</para>
/// <para><b>After a crash.</b> See the implementation.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread. Callers may share a result in memory: treat it as immutable.</para>
/// <para><b>Cost.</b> Waiting takes no thread. Keys are kept in memory, bounded by <see cref="IdempotencyOptions.MaxKeys"/>; there is no
/// lock per key.</para>
/// <para><b>Not guaranteed.</b> That a key is known after <see cref="IdempotencyOptions.Retention"/>, or past <c>MaxKeys</c>. That two
/// operations which wait for each other's keys come to an end: only an operation that asks for a key it is itself running for is found out.</para>
/// </remarks>
public interface IIdempotencyProcessor
{
    /// <summary>Runs an operation, unless it was run or is running for this key; then gives that result.</summary>
    /// <typeparam name="T">The type of the result. May be null: a null is kept and replayed like any other.</typeparam>
    /// <param name="key">What is to happen once.</param>
    /// <param name="operation">
    /// Gets a token of its own, which is cancelled when the last caller that waits for it has gone; none, where nobody can stop it. What it
    /// does up to its first asynchronous wait, it does on the thread of the caller that runs it. What it throws is not kept, but for an
    /// <see cref="IdempotentFailureException"/>.
    /// </param>
    /// <param name="codec">How the result is kept; null for a type of <see cref="Codecs"/>. Memory keeps the result as it is.</param>
    /// <param name="cancellationToken">
    /// Stops the waiting of this caller only. When it was the last one, <see cref="IdempotencyOptions.WhenAbandoned"/> says what becomes of
    /// the operation; if it succeeds nevertheless, its result is kept.
    /// </param>
    /// <returns>The result, and where it comes from. The result of a replay equals the first one as far as its codec keeps it.</returns>
    /// <exception cref="ArgumentException">The key is the default one, or a type has no codec of its own.</exception>
    /// <exception cref="InvalidOperationException">Called from inside the very operation that runs for this key.</exception>
    /// <exception cref="IdempotentResultUnavailableException">It was run, and its result cannot be given in this form.</exception>
    /// <exception cref="IdempotentFailureException">It was run, and had failed definitely.</exception>
    /// <exception cref="IdempotencyInProgressException">It is running, and <see cref="IdempotencyOptions.Duplicates"/> does not let this call wait longer.</exception>
    /// <exception cref="IdempotencyOutcomeUnknownException">It succeeded now, and that could not be recorded; or an earlier run has not told how it ended.</exception>
    /// <exception cref="IdempotencyLeaseLostException">It ran now, and another run took over from it meanwhile.</exception>
    /// <exception cref="OperationCanceledException">This caller's waiting was cancelled, or the operation threw it.</exception>
    ValueTask<IdempotentResult<T>> ExecuteAsync<T>(
        IdempotencyKey key,
        Func<CancellationToken, ValueTask<T>> operation,
        ICodec<T>? codec = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Runs an operation with a fingerprint of its request, recovery points, a fencing token, and policies of its own, unless it was run or is
    /// running for this key; then gives that result.
    /// </summary>
    /// <typeparam name="T">The type of the result. May be null: a null is kept and replayed like any other.</typeparam>
    /// <param name="request">What is to happen once, and the fingerprint of what was asked for.</param>
    /// <param name="operation">Gets what it needs to know of its run.</param>
    /// <param name="call">How it is called; null for the processor's options.</param>
    /// <param name="cancellationToken">Stops the waiting of this caller only.</param>
    /// <returns>The result, and where it comes from.</returns>
    /// <exception cref="IdempotencyMismatchException">The key belongs to a request with another fingerprint.</exception>
    /// <inheritdoc cref="ExecuteAsync{T}(IdempotencyKey, Func{CancellationToken, ValueTask{T}}, ICodec{T}?, CancellationToken)" path="/exception"/>
    ValueTask<IdempotentResult<T>> ExecuteAsync<T>(
        IdempotencyRequest request,
        Func<IdempotencyContext, ValueTask<T>> operation,
        IdempotencyCall<T>? call = null,
        CancellationToken cancellationToken = default);
}
