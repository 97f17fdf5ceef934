using System.Diagnostics;

namespace DataIntensive.Idempotency;

// What is kept of a run, and of a step of one.
internal abstract class CompletedKey : KeyEntry
{
    // UTC ticks by the RetentionClock; set before the entry can be found.
    public long CompletedAt { get; set; }

    public IdempotencyFingerprint Fingerprint { get; set; }

    // The line of completed keys by age: what stands behind this one.
    public IdempotencyKey Key { get; set; }

    public CompletedKey? Next { get; set; }

    // Null of a success.
    public virtual DefiniteFailure? Failure => null;

    // What the result was kept as, for messages.
    public abstract string Form { get; }

    public void ThrowIfOther(in IdempotencyRequest request)
    {
        if (Fingerprint.Contradicts(request.Fingerprint))
        {
            throw new IdempotencyMismatchException(request.Key, Fingerprint, request.Fingerprint);
        }
    }

    // By type and not by a virtual method: a generic virtual call costs more than all the rest of a replay.
    public T Read<T>(IdempotencyKey key, ICodec<T>? codec)
    {
        if (this is MemoryResult<T> kept && kept.IsReadBy(codec))
        {
            return kept.Value;
        }

        if (Failure is { } failure)
        {
            throw new IdempotentFailureException(failure);
        }

        return this is StoredResult stored
            ? stored.Decode(key, codec ?? throw new UnreachableException("What is stored is read by a codec."))
            : throw new IdempotentResultUnavailableException(key, Form, codec?.Name ?? typeof(T).ToString(), "it is of another type.");
    }
}
