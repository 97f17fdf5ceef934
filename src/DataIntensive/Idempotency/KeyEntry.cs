using System.Diagnostics;

namespace DataIntensive.Idempotency;

// What stands in a table under a key: a run, what is kept of one, or what a failed one left. Also what is kept of a step, in no table.
internal abstract class KeyEntry
{
    private IdempotencyKey _key;

    // Set before it stands in a table.
    public IdempotencyKey Key
    {
        get => _key;
        set => _key = value;
    }

    public IdempotencyFingerprint Fingerprint { get; set; }

    // UTC ticks by the RetentionClock; set before it is kept.
    public long CompletedAt { get; set; }

    // The line of completed keys by age: what was completed behind this one.
    public KeyEntry? Younger { get; set; }

    // Whether calls are answered from it.
    public abstract bool IsKept { get; }

    // Null of a success.
    public virtual DefiniteFailure? Failure => null;

    // What the result was kept as, for messages.
    public abstract string Form { get; }

    public bool Is(in IdempotencyKey key) => _key == key;

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
        if (this is Execution<T> run && run.IsReadBy(codec))
        {
            return run.Value;
        }

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
