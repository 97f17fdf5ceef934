namespace DataIntensive;

/// <summary>An event that a subscription has parked.</summary>
/// <param name="Letter">Why, and when.</param>
/// <param name="Position">Its place among all events.</param>
/// <param name="Events">
/// The event; several, or none, when it is upcast to that. Empty too when it is no longer there for the subscription's query: hidden by
/// retention, deleted, or no longer meant.
/// </param>
public sealed record ParkedEvent(DeadLetter Letter, EventPosition Position, IReadOnlyList<RecordedEvent> Events);
