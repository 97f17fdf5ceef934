namespace DataIntensive;

/// <summary>
/// A consumer stopped because it has parked as much as it may. Its checkpoint stands before what it would have parked next: replay or discard
/// dead letters, or allow more, and run it again.
/// </summary>
public sealed class TooManyDeadLettersException : DataIntensiveException
{
    internal TooManyDeadLettersException(DeadLetter letter, int limit, Exception? innerException)
        : base(
            $"The consumer '{letter.Consumer}' stopped at '{letter.Name}' of '{letter.Source}', log position {letter.Position}: it has parked {limit} already, as many as it may. {innerException?.Message ?? letter.ErrorMessage}",
            innerException)
    {
        Letter = letter;
        Limit = limit;
    }

    /// <summary>What was not parked.</summary>
    public DeadLetter Letter { get; }

    /// <summary>How much may be parked.</summary>
    public int Limit { get; }
}
