namespace DataIntensive;

/// <summary>An event as it is stored.</summary>
/// <param name="Stream">The stream it belongs to.</param>
/// <param name="Version">Its place in the stream: 1 for the first event, without gaps.</param>
/// <param name="Position">Its place among all events of the event store.</param>
/// <param name="LogPosition">The place of its record in the database's log.</param>
/// <param name="Name">What its type is called in storage.</param>
/// <param name="SchemaVersion">The version of the form it is stored in; <paramref name="Data"/> is of today's.</param>
/// <param name="Data">The event. Treat it as immutable.</param>
/// <param name="Timestamp">When it was committed, in UTC, to the microsecond, by the database's clock; never going back from event to event.</param>
public sealed record RecordedEvent(
    StreamId Stream,
    long Version,
    EventPosition Position,
    LogPosition LogPosition,
    string Name,
    byte SchemaVersion,
    object Data,
    DateTimeOffset Timestamp);
