namespace DataIntensive;

/// <summary>
/// The base of every error that the environment causes and a caller can act on: damaged files, a full disk, a lock held
/// elsewhere, an outcome that cannot be known. Misuse is told by the <see cref="ArgumentException"/> family,
/// <see cref="InvalidOperationException"/> and <see cref="ObjectDisposedException"/> instead.
/// </summary>
public abstract class DataIntensiveException : Exception
{
    private protected DataIntensiveException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
