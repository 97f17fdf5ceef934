namespace DataIntensive;

/// <summary>One step of a subscription: an event, or the news that there is none up to a position.</summary>
/// <param name="Event">The event; null for the news.</param>
/// <param name="Position">How far the subscription has come: every event it asks for at or before this was given.</param>
/// <param name="Head">The newest event of the store when the step was made: the difference to <paramref name="Position"/> is how far it is behind.</param>
public readonly record struct SubscriptionStep(RecordedEvent? Event, EventPosition Position, EventPosition Head)
{
    /// <summary>Whether everything that there was has been given.</summary>
    public bool IsCaughtUp => Position >= Head;

    // The same as Position, in the log.
    internal LogPosition LogPosition { get; init; }
}
