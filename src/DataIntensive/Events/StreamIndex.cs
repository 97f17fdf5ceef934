namespace DataIntensive.Events;

// Where the events of one stream stand.
internal sealed class StreamIndex(StreamId id, LogPositionList? category)
{
    public StreamId Id => id;

    // Shared with the other streams of the category; null when the id names none.
    public LogPositionList? Category => category;

    public LogPositionList Positions { get; } = new();
}
