namespace DataIntensive;

/// <summary>
/// A subscription stopped at an event that its handler failed on. Its checkpoint stands before the event: run it again when the cause, the
/// inner exception, is mended, and the event comes again.
/// </summary>
public sealed class SubscriptionHandlerException : DataIntensiveException
{
    internal SubscriptionHandlerException(string subscription, RecordedEvent recorded, int attempts, Exception innerException)
        : base(
            $"The subscription '{subscription}' stopped at event position {recorded.Position}, '{recorded.Name}' of stream '{recorded.Stream}': its handler failed{(attempts > 1 ? $" {attempts} times" : "")}. {innerException.Message}",
            innerException)
    {
        Subscription = subscription;
        Event = recorded;
        Attempts = attempts;
    }

    /// <summary>The name of the subscription.</summary>
    public string Subscription { get; }

    /// <summary>The event.</summary>
    public RecordedEvent Event { get; }

    /// <summary>How often it was handled.</summary>
    public int Attempts { get; }
}
