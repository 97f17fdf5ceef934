namespace DataIntensive;

/// <summary>
/// An operation failed in a way that a retry would not change. Thrown inside an operation, it is kept; a call whose key was ended so
/// throws it.
/// </summary>
public sealed class IdempotentFailureException : DataIntensiveException
{
    /// <summary>Makes a definite failure.</summary>
    /// <param name="failure">What is kept.</param>
    /// <param name="innerException">What caused it; not kept.</param>
    public IdempotentFailureException(DefiniteFailure failure, Exception? innerException = null)
        : base(failure?.Message ?? throw new ArgumentNullException(nameof(failure)), innerException) => Failure = failure;

    /// <summary>The failure.</summary>
    public DefiniteFailure Failure { get; }
}
