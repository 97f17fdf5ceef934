using DataIntensive.Logs;

namespace DataIntensive.Events;

// Which events of streams that were truncated, deleted, tombstoned or archived are hidden from one reader.
internal static class EventVisibility
{
    // The oldest version of a stream that a reader at a position sees, not looking at ages.
    public static long FirstShown(StreamIndex stream, LogPosition position, bool withArchived)
    {
        (long version, StreamStatus status) = stream.At(position);
        return status is StreamStatus.Deleted or StreamStatus.Tombstoned || (status == StreamStatus.Archived && !withArchived)
            ? version + 1
            : Math.Max(stream.MarkAt(position)?.FirstKept(version) ?? 1, stream.GivenUpBefore);
    }

    // Of a record that is in a query's lists.
    public static bool IsHidden(EventState state, TenantIndex tenant, in LogRecord record, LogPosition position, bool withArchived)
    {
        if (!state.HasMarks)
        {
            return false;
        }

        EventRecord stored = new(record.Body.Span, record.Position);
        if (tenant.Streams.Find(stored.Stream) is not { Mark: not null } stream)
        {
            return false;
        }

        return stored.Version < FirstShown(stream, position, withArchived) || stored.Micros < OldestShown(state, stream, position);
    }

    // Events with an earlier timestamp are hidden, in µs.
    public static long OldestShown(EventState state, StreamIndex stream, LogPosition position) =>
        stream.MarkAt(position) is { MaxAgeMicros: > 0 and var age }
            ? ((state.Database.TimeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond) - age
            : long.MinValue;

    // The first version of a stream, from one on, that is young enough.
    public static long FirstYoungEnough(EventState state, LogPositionList positions, long first, long last, long oldestMicros)
    {
        if (oldestMicros == long.MinValue)
        {
            return first;
        }

        using EventReader reader = new(state.Database);
        while (first <= last)
        {
            long middle = first + ((last - first) / 2);
            if (reader.TryRead(positions[middle - 1], out LogRecord record) && new EventRecord(record.Body.Span, record.Position).Micros >= oldestMicros)
            {
                last = middle - 1;
            }
            else
            {
                // Too old, or removed because it was.
                first = middle + 1;
            }
        }

        return first;
    }
}
