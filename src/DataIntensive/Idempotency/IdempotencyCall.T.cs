namespace DataIntensive;

/// <summary>How one kind of operation is called. Make it once and reuse it; any thread may use it.</summary>
/// <typeparam name="T">The type of the operation's result.</typeparam>
public sealed class IdempotencyCall<T>
{
    /// <summary>How the result is kept. Default null: by a type of <see cref="Codecs"/>. Memory keeps the result as it is.</summary>
    public ICodec<T>? Codec { get; init; }

    /// <summary>What this call gets while another one runs. Default null: <see cref="IdempotencyOptions.Duplicates"/>.</summary>
    public DuplicatePolicy? Duplicates { get; init; }

    /// <summary>
    /// How long it waits with <see cref="DuplicatePolicy.Wait"/>. Default null: <see cref="IdempotencyOptions.WaitTimeout"/>. Above 0, to 49
    /// days.
    /// </summary>
    public TimeSpan? WaitTimeout
    {
        get;
        init
        {
            if (value is { } timeout)
            {
                IdempotencyOptions.ThrowIfNoTimeout(timeout);
            }

            field = value;
        }
    }

    /// <summary>What becomes of the operation when its last caller has gone. Default null: <see cref="IdempotencyOptions.WhenAbandoned"/>.</summary>
    public AbandonPolicy? WhenAbandoned { get; init; }

    /// <summary>What is done about an earlier run of unknown outcome. Default null: <see cref="IdempotencyOptions.WhenUnknown"/>.</summary>
    public UnknownOutcomePolicy? WhenUnknown { get; init; }

    /// <summary>
    /// Tells which exceptions of the operation are definite, and what is kept of them; null of those that a retry may change. Default
    /// null: <see cref="IdempotentFailureException"/> only, which is definite in any case.
    /// </summary>
    public Func<Exception, DefiniteFailure?>? Classify { get; init; }

    /// <summary>
    /// Finds out what became of an earlier run, for <see cref="UnknownOutcomePolicy.Ask"/>. Its token is that of the operation. Default null.
    /// </summary>
    public Func<UnknownOutcome, CancellationToken, ValueTask<RecoveryAnswer<T>>>? Recover { get; init; }
}
