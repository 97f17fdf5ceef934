using System.Collections.Concurrent;
using System.Text;
using DataIntensive.Logs;
using DataIntensive.Transactions;

namespace DataIntensive.Events;

// Where the events of one event store stand in the log; the events themselves stay there. The lists only grow, and a reader takes of them
// what is at or before its position, so they hold staged events and every snapshot at once.
internal sealed partial class EventState(Database database, string name, EventTypes types, EventStoreOptions options) : DerivedState(database, EventsKind, name, "event-records")
{
    public const string EventsKind = "events";

    // Its places among all, its tenant's, its stream's, its type's and its category's events, and room to grow, where its neighbours in all
    // five are far away. It is counted so wherever they are, so that the same events always come to the same.
    public const long BytesPerEvent = 24;
    public const long BytesPerTag = 8;

    // Of an archived one, its place among all.
    public const long BytesPerArchivedEvent = 4;

    private const long BytesPerList = 200;

    private readonly ConcurrentDictionary<string, TenantIndex> _tenants = new(concurrencyLevel: 1, capacity: 7, StringComparer.Ordinal);
    private long _lastMicros;
    private long _untold;

    public override bool NeedsHistory => true;

    public EventTypes Types => types;

    public EventMetrics Metrics { get; } = EventMetrics.Of(database);

    public EventStoreOptions Options => options;

    public LogPositionList All { get; } = new();

    public EventIdIndex Ids { get; } = new(options.EventIdHorizon);

    // Ids of events that are staged and cannot be read yet, by the place of their records.
    public ConcurrentDictionary<long, Guid> StagedIds { get; } = new();

    public bool SharesClockWithLog { get; } = database.Log is MemoryCommitLog log && ReferenceEquals(log.TimeProvider, database.TimeProvider);

    // Whether anything was ever said of a stream as a whole: without, no event is hidden.
    public bool HasMarks { get; private set; }

    // A dictionary entry, the list, and its key in UTF-16.
    public static long BytesOf(string key) => BytesOf(key.Length);

    public static long BytesOf(int chars) => BytesPerList + (2 * chars);

    public TenantIndex? Of(string tenant) => _tenants.GetValueOrDefault(tenant);

    public StreamIndex? Find(string tenant, StreamId stream) => Of(tenant)?.Find(stream);

    public EventPosition HeadAt(LogPosition position) => new(All.CountUpTo(position));

    // Behind the event; at the start of the log for the start.
    public LogPosition LogPositionOf(EventPosition position) => position.Value == 0 ? default : All[position.Value - 1];

    // As of a position; for the largest, the newest that is sequenced, durable or not.
    public (long Version, StreamStatus Status) StreamAt(string tenant, StreamId stream, LogPosition position) => Find(tenant, stream)?.At(position) ?? default;

    // Never before the last event, whatever the clock does.
    public long NextMicros_NeedsSequencer() =>
        Math.Max(_lastMicros, (Database.TimeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);

    public void Stage_NeedsSequencer(StreamChanges changes, in EncodedEvent staged, LogPosition position, long micros)
    {
        changes.TenantIndex ??= Of(changes.Tenant) ?? Add(changes.Tenant);
        changes.Index ??= changes.TenantIndex.Find(changes.Id) ?? Add(changes.TenantIndex, changes.Id);
        Stage_NeedsSequencer(changes.TenantIndex, changes.Index, staged, position, micros);
    }

    private StreamIndex Stage_NeedsSequencer(TenantIndex tenant, StreamIndex stream, in EncodedEvent staged, LogPosition position, long micros)
    {
        long bytes = BytesPerEvent + (BytesPerTag * staged.Tags.Length);
        stream.Positions.Append(position);
        stream.Category?.Positions.Append(position);
        bytes += TenantIndex.Append(tenant.Types, staged.Name, position) ? BytesOf(staged.Name) : 0;
        foreach (EventTag tag in staged.Tags)
        {
            bytes += TenantIndex.Append(tenant.Tags, tag.Value, position) ? BytesOf(tag.Value) : 0;
        }

        tenant.All.Append(position);
        All.Append(position);
        if (staged.Id is { } id)
        {
            bytes -= Ids.SizeBytes;
            Ids.Add(EventIdIndex.Hash(EventIdIndex.Hash(tenant.Name, stream.Id.Value), id), new EventPosition(All.Count));
            bytes += Ids.SizeBytes;
        }

        Resize_NeedsSequencer(bytes);
        _lastMicros = micros;
        return stream;
    }

    public void Mark_NeedsSequencer(string tenantName, StreamId streamId, StreamMarking what, StreamRetention? retention, long version, LogPosition position)
    {
        TenantIndex tenant = Of(tenantName) ?? Add(tenantName);
        StreamIndex stream = tenant.Find(streamId) ?? Add(tenant, streamId);
        StreamMark? last = stream.Mark;
        StreamStatus status = stream.At(new LogPosition(long.MaxValue)).Status;
        stream.Mark = new StreamMark(position, last)
        {
            DeletedAt = what == StreamMarking.Deleted ? version : last?.DeletedAt ?? 0,
            IsTombstoned = what == StreamMarking.Tombstoned || last is { IsTombstoned: true },
            IsArchived = what == StreamMarking.Archived ? status == StreamStatus.Live : what != StreamMarking.Restored && last is { IsArchived: true },
            KeepFrom = Math.Max(last?.KeepFrom ?? 0, what == StreamMarking.Deleted ? version + 1 : retention?.KeepFrom ?? 0),
            MaxCount = what == StreamMarking.Retained ? retention!.MaxCount ?? 0 : last?.MaxCount ?? 0,
            MaxAgeMicros = what == StreamMarking.Retained ? retention!.MaxAgeMicros : last?.MaxAgeMicros ?? 0,
        };
        HasMarks = true;
        BeginArchiving_NeedsSequencer(tenant, stream);
        ForgetMarksBefore(stream.Mark, Math.Min(Database.Visible.Value, Database.Snapshots.Oldest));
    }

    // Counted when their commit is published, which in memory happens in the sequencer: a listener that takes its time is told behind it.
    public void Published(int events)
    {
        if (!Metrics.Appended.Enabled)
        {
            return;
        }

        if (Database.Sequencer.IsHeldByCurrentThread)
        {
            Interlocked.Add(ref _untold, events);
        }
        else
        {
            Metrics.Appended.Add(events);
        }
    }

    private void TellAppended()
    {
        if (Volatile.Read(ref _untold) > 0 && Interlocked.Exchange(ref _untold, 0) is > 0 and var events)
        {
            Metrics.Appended.Add(events);
        }
    }

    public override void Replay(in LogRecord record)
    {
        if (record.Body.Span[0] == StreamMarkRecord.Kind)
        {
            StreamMarkRecord mark = new(record.Body.Span, record.Position);
            StreamRetention retention = new()
            {
                KeepFrom = mark.KeepFrom,
                MaxCount = mark.MaxCount == 0 ? null : mark.MaxCount,
                MaxAge = mark.MaxAgeMicros == 0 ? null : TimeSpan.FromMicroseconds(mark.MaxAgeMicros),
            };
            if (mark.What == StreamMarking.Restored && Of(mark.Tenant) is { } owner && owner.Find(mark.Stream) is { } archived)
            {
                TakeBack(owner, archived);
            }

            Mark_NeedsSequencer(mark.Tenant, mark.Stream, mark.What, retention, mark.Version, record.Position);
            return;
        }

        EventRecord stored = new(record.Body.Span, record.Position);
        string tenantName = stored.Tenant.IsEmpty ? "" : Encoding.UTF8.GetString(stored.Tenant);
        TenantIndex tenant = Of(tenantName) ?? Add(tenantName);
        StreamIndex stream = tenant.Streams.Find(stored.Stream) ?? Add(tenant, StreamId.Stored(Encoding.UTF8.GetString(stored.Stream)));
        string name = types.Named(stored.Name, stored.SchemaVersion)?.Name ?? Encoding.UTF8.GetString(stored.Name);
        Stage_NeedsSequencer(tenant, stream, new EncodedEvent(name, stored.Id, stored.ReadTags(), End: 0), record.Position, stored.Micros);
        long version = stream.Version;
        if (stored.Position.Value != All.Count || stored.Version != version)
        {
            throw new LogFormatException(
                $"The record at position {record.Position} says event {stored.Position}, version {stored.Version} of stream '{stream.Id}'; by what stands before it, it is event {All.Count}, version {version}.");
        }
    }

    // Who reads plainly takes the marks at once, and who reads a snapshot has said so.
    private static void ForgetMarksBefore(StreamMark newest, long position)
    {
        StreamMark mark = newest;
        while (mark.Position.Value > position && mark.Previous is { } previous)
        {
            mark = previous;
        }

        mark.Previous = null;
    }

    private TenantIndex Add(string name)
    {
        TenantIndex tenant = new(name);
        _tenants[name] = tenant;
        Resize_NeedsSequencer(BytesOf(name) * 5);
        return tenant;
    }

    private StreamIndex Add(TenantIndex tenant, StreamId stream)
    {
        Resize_NeedsSequencer(BytesOf(stream.Value));
        return tenant.Add(stream);
    }
}
