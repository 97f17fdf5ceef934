using System.Collections.Concurrent;
using System.Text;
using DataIntensive.Logs;
using DataIntensive.Transactions;

namespace DataIntensive.Events;

// Where the events of one event store stand in the log; the events themselves stay there. Per event 16 bytes: one position in the list
// of all events, one in that of its stream. The lists only grow, and a reader takes of them what is at or before its position, so they
// hold staged events and every snapshot at once.
internal sealed class EventState(Database database, string name, EventTypes types) : DerivedState(database, EventsKind, name, "event-records")
{
    public const string EventsKind = "events";

    // Two positions. The events themselves stay in the log.
    public const long BytesPerEvent = 16;

    private const long BytesPerStream = 200;

    private readonly ConcurrentDictionary<StreamId, LogPositionList> _streams = new();
    private long _lastMicros;

    public override bool NeedsHistory => true;

    public EventTypes Types => types;

    public LogPositionList All { get; } = new();

    // Its place in the dictionary, its list, and its name in UTF-16.
    public static long BytesOf(StreamId stream) => BytesPerStream + (2 * stream.Value.Length);

    public LogPositionList? Of(StreamId stream) => _streams.GetValueOrDefault(stream);

    public EventPosition HeadAt(LogPosition position) => new(All.CountUpTo(position));

    public long VersionAt(StreamId stream, LogPosition position) => Of(stream)?.CountUpTo(position) ?? 0;

    // The newest sequenced version, durable or not, and the commit that made it.
    public (long Version, LogPosition Position) Newest_NeedsSequencer(StreamId stream) =>
        Of(stream) is { } positions ? (positions.Count, positions[positions.Count - 1]) : default;

    // Never before the last event, whatever the clock does.
    public long NextMicros_NeedsSequencer() =>
        Math.Max(_lastMicros, (Database.TimeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);

    public void Stage_NeedsSequencer(StreamId stream, LogPosition position, long micros)
    {
        // First position, then stream: a list that can be found is never empty.
        if (!_streams.TryGetValue(stream, out LogPositionList? positions))
        {
            positions = new LogPositionList();
            positions.Append(position);
            _streams[stream] = positions;
            Resize_NeedsSequencer(BytesOf(stream));
        }
        else
        {
            positions.Append(position);
        }

        All.Append(position);
        Resize_NeedsSequencer(BytesPerEvent);
        _lastMicros = micros;
    }

    public override void Replay(in LogRecord record)
    {
        EventRecord stored = new(record.Body.Span, record.Position);
        Stage_NeedsSequencer(stored.Stream, record.Position, stored.Micros);
        if (stored.Position.Value != All.Count || stored.Version != Of(stored.Stream)!.Count)
        {
            throw new LogFormatException(
                $"The record at position {record.Position} says event {stored.Position}, version {stored.Version} of stream '{stored.Stream}'; by what stands before it, it is event {All.Count}, version {Of(stored.Stream)!.Count}.");
        }
    }

    public RecordedEvent Decode(in LogRecord record)
    {
        EventRecord stored = new(record.Body.Span, record.Position);
        EventType type = types.Named(Encoding.UTF8.GetString(stored.Name), stored.SchemaVersion, stored.Stream, stored.Position);
        return new RecordedEvent(
            stored.Stream,
            stored.Version,
            stored.Position,
            record.Position,
            type.Name,
            stored.SchemaVersion,
            type.Read(stored.Data, stored.SchemaVersion),
            DateTimeOffset.UnixEpoch.AddTicks(stored.Micros * TimeSpan.TicksPerMicrosecond));
    }
}
