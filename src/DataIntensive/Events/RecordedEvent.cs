namespace DataIntensive;

/// <summary>An event as it is stored. Compared by what it holds.</summary>
/// <param name="Stream">The stream it belongs to.</param>
/// <param name="Version">Its place in the stream: 1 for the first event, without gaps.</param>
/// <param name="Position">Its place among all events of the event store.</param>
/// <param name="LogPosition">The place of its record in the database's log.</param>
/// <param name="Name">What its type is called in storage: that of <paramref name="Data"/>, also when it was stored as another.</param>
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
    DateTimeOffset Timestamp)
{
    /// <summary>Whose it is; empty for the event store's own.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>The id that its appender gave it; null when it gave none.</summary>
    public Guid? Id { get; init; }

    /// <summary>The labels by which it is found.</summary>
    public IReadOnlyList<EventTag> Tags { get; init; } = [];

    /// <summary>What is stored beside it.</summary>
    public EventMetadata Metadata { get; init; } = EventMetadata.Empty;

    /// <summary>
    /// Which of the events it is that an upcaster made of one stored event, counted from 0 and always the same; 0 for one that was stored
    /// as it is. <see cref="Version"/> and <see cref="Position"/> are those of the stored event.
    /// </summary>
    public int SubIndex { get; init; }

    /// <inheritdoc />
    public bool Equals(RecordedEvent? other) =>
        other is not null
        && (Stream, Version, Position, LogPosition, SubIndex) == (other.Stream, other.Version, other.Position, other.LogPosition, other.SubIndex)
        && (Name, SchemaVersion, Timestamp, Tenant, Id) == (other.Name, other.SchemaVersion, other.Timestamp, other.Tenant, other.Id)
        && Data.Equals(other.Data)
        && Tags.SequenceEqual(other.Tags)
        && Metadata.Equals(other.Metadata);

    /// <inheritdoc />
    public override int GetHashCode() => (Position, SubIndex).GetHashCode();
}
