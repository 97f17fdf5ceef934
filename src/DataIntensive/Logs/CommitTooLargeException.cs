namespace DataIntensive;

/// <summary>
/// A transaction wrote more than <see cref="DatabaseOptions.MaxTransactionBytes"/>. It cannot be committed, and nothing was written.
/// Split it.
/// </summary>
public sealed class CommitTooLargeException : DataIntensiveException
{
    internal CommitTooLargeException(int maxBytes)
        : base($"The transaction wrote more than {maxBytes} bytes, the most that it may. Split it.") =>
        MaxBytes = maxBytes;

    /// <summary>The most that it may write, in bytes.</summary>
    public int MaxBytes { get; }
}
