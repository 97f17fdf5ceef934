using System.Diagnostics.CodeAnalysis;
using DataIntensive.Idempotency;

namespace DataIntensive;

/// <summary>
/// A processor's side of one transaction: the completion of a key is part of the transaction's commit, so that the effect and the key are
/// there together or not at all.
/// </summary>
/// <remarks>
/// Of two optimistic transactions that complete the same key, the second one conflicts, runs again and replays; inside
/// <c>ExecuteAsync</c> the second one replays at once. An effect that throws must end its transaction: what it wrote until then is still
/// in it.
/// </remarks>
public readonly struct IdempotencyTransaction
{
    private readonly IdempotencyChanges _changes;

    internal IdempotencyTransaction(IdempotencyChanges changes) => _changes = changes;

    /// <summary>Gives the result of a key that is completed, also in this transaction. False: cause the effect, then <c>Complete</c> the key.</summary>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="request">What is to happen once: a key, with the request's fingerprint if it is to be compared.</param>
    /// <param name="result">The kept result.</param>
    /// <param name="codec">How it was kept; null for a type of <see cref="Codecs"/>.</param>
    /// <exception cref="ArgumentException">The key is the default one, or a type has no codec of its own.</exception>
    /// <exception cref="InvalidOperationException">
    /// An operation is running for the key outside of transactions, or has left steps there; or the transaction is over.
    /// </exception>
    /// <exception cref="IdempotencyMismatchException">The key belongs to a request with another fingerprint.</exception>
    /// <exception cref="IdempotencyOutcomeUnknownException">An operation was begun outside of transactions, and has not told how it ended.</exception>
    /// <exception cref="IdempotentFailureException">It is completed, with a definite failure.</exception>
    /// <exception cref="IdempotentResultUnavailableException">It is completed, and its result cannot be given in this form.</exception>
    public bool TryReplay<T>(IdempotencyRequest request, [MaybeNullWhen(false)] out T result, ICodec<T>? codec = null)
    {
        request.Key.ThrowIfDefault();
        codec ??= Codecs.Default<T>();
        if (_changes.TryRead(request, out StoredResult? stored))
        {
            _changes.CountReplay();
            result = stored.Read(request.Key, codec);
            return true;
        }

        _changes.ThrowIfOpen(request.Key);
        result = default;
        return false;
    }

    /// <summary>Completes a key with a result.</summary>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="request">What happened once.</param>
    /// <param name="result">Its result; may be null.</param>
    /// <param name="codec">How to keep it; null for a type of <see cref="Codecs"/>.</param>
    /// <exception cref="ArgumentException">
    /// The codec cannot write the result, or it is larger than <see cref="IdempotencyOptions.MaxResultBytes"/>; or as in <c>TryReplay</c>.
    /// </exception>
    /// <exception cref="InvalidOperationException">The key is completed already; or as in <c>TryReplay</c>.</exception>
    public void Complete<T>(IdempotencyRequest request, T result, ICodec<T>? codec = null)
    {
        request.Key.ThrowIfDefault();
        _changes.Complete(request, StoredResult.Encode(result, codec ?? Codecs.Default<T>(), _changes.MaxResultBytes));
    }

    /// <summary>Replays a completed key; otherwise causes an effect in this transaction and completes the key with what it returns.</summary>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="request">What is to happen once: a key, with the request's fingerprint if it is to be compared.</param>
    /// <param name="effect">Reads and writes through this transaction.</param>
    /// <param name="codec">How to keep the result; null for a type of <see cref="Codecs"/>.</param>
    /// <inheritdoc cref="Complete{T}" path="/exception"/>
    /// <exception cref="IdempotentResultUnavailableException">It is completed, and its result cannot be given in this form.</exception>
    public IdempotentResult<T> Once<T>(IdempotencyRequest request, Func<T> effect, ICodec<T>? codec = null)
    {
        ArgumentNullException.ThrowIfNull(effect);
        codec ??= Codecs.Default<T>();
        if (TryReplay(request, out T? kept, codec))
        {
            return new IdempotentResult<T>(kept, IdempotencyOutcome.Replayed);
        }

        T result = effect();
        Complete(request, result, codec);
        return new IdempotentResult<T>(result, IdempotencyOutcome.Executed);
    }

    /// <summary>Causes an effect in this transaction and completes the key, unless it is completed.</summary>
    /// <returns>Whether the effect was caused now.</returns>
    /// <inheritdoc cref="Once{T}"/>
    public IdempotencyOutcome Once(IdempotencyRequest request, Action effect)
    {
        ArgumentNullException.ThrowIfNull(effect);
        if (TryReplay<NoResult>(request, out _, NoResultCodec.Instance))
        {
            return IdempotencyOutcome.Replayed;
        }

        effect();
        Complete(request, default, NoResultCodec.Instance);
        return IdempotencyOutcome.Executed;
    }

    /// <summary>Completes a key with a definite failure; the transaction should have no other effect.</summary>
    /// <param name="request">What failed for good.</param>
    /// <param name="failure">What later calls are told.</param>
    /// <inheritdoc cref="Complete{T}" path="/exception"/>
    public void Fail(IdempotencyRequest request, DefiniteFailure failure)
    {
        request.Key.ThrowIfDefault();
        ArgumentNullException.ThrowIfNull(failure);
        _changes.Complete(request, StoredResult.OfFailure(failure, _changes.MaxResultBytes));
    }
}
