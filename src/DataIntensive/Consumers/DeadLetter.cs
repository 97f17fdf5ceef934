namespace DataIntensive;

/// <summary>
/// What a consumer parked instead of handling it: its handler failed on it as often as it may, or on an earlier one of the same key. The
/// parked thing itself stays where it is, in the consumer's source.
/// </summary>
/// <param name="Consumer">The name of the consumer.</param>
/// <param name="Position">Its place in the consumer's source, as in a checkpoint.</param>
/// <param name="Key">Within what order is kept: of an event, its stream, unless the subscription says otherwise.</param>
/// <param name="Source">Where it belongs: of an event, its stream.</param>
/// <param name="Name">What it is: of an event, the name of its type.</param>
/// <param name="Attempts">How often it was handled; 0 when it only waits behind an earlier one.</param>
/// <param name="ErrorType">The type of the exception of the last attempt, with its namespace; empty when there was none.</param>
/// <param name="ErrorMessage">What that exception said, or why it waits; the first 1,000 characters.</param>
/// <param name="Time">When it was parked, or last failed, by the consumer's clock.</param>
public sealed record DeadLetter(
    string Consumer,
    LogPosition Position,
    string Key,
    string Source,
    string Name,
    int Attempts,
    string ErrorType,
    string ErrorMessage,
    DateTimeOffset Time)
{
    internal const int MaxMessage = 1000;

    /// <summary>Whether it was never handled: an earlier one of its key is parked, and order is kept.</summary>
    public bool IsBehind => Attempts == 0;

    internal DeadLetter After(int attempts, Exception cause, DateTimeOffset time) =>
        this with { Attempts = attempts, ErrorType = cause.GetType().FullName ?? "", ErrorMessage = Shortened(cause.Message), Time = time };

    // Stored as UTF-8, which takes no half of a pair.
    private static string Shortened(string message) =>
        message.Length <= MaxMessage ? message : message[..(char.IsHighSurrogate(message[MaxMessage - 1]) ? MaxMessage - 1 : MaxMessage)];
}
