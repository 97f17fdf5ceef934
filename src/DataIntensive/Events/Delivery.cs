using DataIntensive.Consumers;

namespace DataIntensive.Events;

// What one stored event led to, on its way through a handler.
internal sealed class Delivery(string lane, string key, IReadOnlyList<RecordedEvent> events, LogPosition mark) : LaneItem(lane)
{
    // Within which order is kept when it is parked; in one lane there may be many.
    public string ParkingKey => key;

    public IReadOnlyList<RecordedEvent> Events => events;

    public RecordedEvent First => events[0];

    public EventPosition Position => events[0].Position;

    public LogPosition Mark => mark;

    // How often a handler has failed on it, or not come to an end in time.
    public int Failures { get; set; }

    // That it is finished or parked is committed.
    public bool IsMarked { get; set; }
}
