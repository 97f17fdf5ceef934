namespace DataIntensive.Testing;

/// <summary>A kind of idempotency processor that <see cref="IdempotencyContract"/> tries: derive from it for a store of your own.</summary>
public abstract class IdempotencyTarget
{
    /// <summary>Whether keys outlive the process, so that <see cref="ReopenAfterCrashAsync"/> can be called.</summary>
    public virtual bool SurvivesCrashes => false;

    /// <summary>Gives a processor that knows no key. What was opened before is not used any more.</summary>
    /// <param name="options">How it is to work.</param>
    /// <param name="clock">The clock it is to go by, for everything.</param>
    /// <param name="cancellationToken">Stops the opening.</param>
    public abstract ValueTask<IIdempotencyProcessor> OpenAsync(IdempotencyOptions options, TimeProvider clock, CancellationToken cancellationToken);

    /// <summary>
    /// Ends the process of the processor that was opened last, as far as it can tell: nothing that is under way gets a chance to finish or
    /// to record anything. Gives the processor that the next process opens, with the same options and clock.
    /// </summary>
    /// <param name="cancellationToken">Stops the opening.</param>
    /// <exception cref="NotSupportedException">Keys end with the process.</exception>
    public virtual ValueTask<IIdempotencyProcessor> ReopenAfterCrashAsync(CancellationToken cancellationToken) =>
        throw new NotSupportedException("Keys end with the process.");
}
