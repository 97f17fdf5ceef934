using System.Collections.Concurrent;
using System.Text;
using DataIntensive.Logs;
using DataIntensive.Transactions;

namespace DataIntensive.Events;

// Where the events of one event store stand in the log; the events themselves stay there. The lists only grow, and a reader takes of them
// what is at or before its position, so they hold staged events and every snapshot at once.
internal sealed class EventState(Database database, string name, EventTypes types, EventStoreOptions options) : DerivedState(database, EventsKind, name, "event-records")
{
    public const string EventsKind = "events";

    // Its places among all, its tenant's, its stream's, its type's and its category's events, and room to grow.
    public const long BytesPerEvent = 24;
    public const long BytesPerTag = 8;

    private const long BytesPerList = 200;

    private readonly ConcurrentDictionary<string, TenantIndex> _tenants = new(concurrencyLevel: 1, capacity: 7, StringComparer.Ordinal);
    private long _lastMicros;

    public override bool NeedsHistory => true;

    public EventTypes Types => types;

    public EventStoreOptions Options => options;

    public LogPositionList All { get; } = new();

    // A dictionary entry, the list, and its key in UTF-16.
    public static long BytesOf(string key) => BytesPerList + (2 * key.Length);

    public TenantIndex? Of(string tenant) => _tenants.GetValueOrDefault(tenant);

    // Null for a stream without events.
    public StreamIndex? Find(string tenant, StreamId stream) => Of(tenant)?.Find(stream) is { } found && found.Positions.Count > 0 ? found : null;

    public EventPosition HeadAt(LogPosition position) => new(All.CountUpTo(position));

    // Behind the event; at the start of the log for the start.
    public LogPosition LogPositionOf(EventPosition position) => position.Value == 0 ? default : All[position.Value - 1];

    // The newest sequenced version, durable or not, and the commit that made it.
    public (long Version, LogPosition Position) Newest_NeedsSequencer(string tenant, StreamId stream) =>
        Find(tenant, stream) is { Positions: var positions } ? (positions.Count, positions.Newest) : default;

    public long VersionAt(string tenant, StreamId stream, LogPosition position) => Find(tenant, stream)?.Positions.CountUpTo(position) ?? 0;

    // Never before the last event, whatever the clock does.
    public long NextMicros_NeedsSequencer() =>
        Math.Max(_lastMicros, (Database.TimeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);

    public void Stage_NeedsSequencer(string tenantName, StreamId streamId, string name, IReadOnlyList<EventTag> tags, LogPosition position, long micros)
    {
        TenantIndex tenant = Of(tenantName) ?? Add(tenantName);
        StreamIndex? stream = tenant.Find(streamId);
        long bytes = BytesPerEvent + (BytesPerTag * tags.Count);
        if (stream is null)
        {
            stream = tenant.Add(streamId);
            bytes += BytesOf(streamId.Value);
        }

        stream.Positions.Append(position);
        stream.Category?.Append(position);
        bytes += TenantIndex.Append(tenant.Types, name, position) ? BytesOf(name) : 0;
        for (int i = 0; i < tags.Count; i++)
        {
            bytes += TenantIndex.Append(tenant.Tags, tags[i].Value, position) ? BytesOf(tags[i].Value) : 0;
        }

        tenant.All.Append(position);
        All.Append(position);
        Resize_NeedsSequencer(bytes);
        _lastMicros = micros;
    }

    public override void Replay(in LogRecord record)
    {
        EventRecord stored = new(record.Body.Span, record.Position);
        string tenant = Encoding.UTF8.GetString(stored.Tenant);
        StreamId stream = StreamId.Stored(Encoding.UTF8.GetString(stored.Stream));
        string name = types.Named(stored.Name, stored.SchemaVersion)?.Name ?? Encoding.UTF8.GetString(stored.Name);
        Stage_NeedsSequencer(tenant, stream, name, stored.ReadTags(), record.Position, stored.Micros);
        long version = Find(tenant, stream)!.Positions.Count;
        if (stored.Position.Value != All.Count || stored.Version != version)
        {
            throw new LogFormatException(
                $"The record at position {record.Position} says event {stored.Position}, version {stored.Version} of stream '{stream}'; by what stands before it, it is event {All.Count}, version {version}.");
        }
    }

    private TenantIndex Add(string name)
    {
        TenantIndex tenant = new(name);
        _tenants[name] = tenant;
        Resize_NeedsSequencer(BytesOf(name) * 5);
        return tenant;
    }
}
