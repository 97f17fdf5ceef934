using DataIntensive.Logs;

namespace DataIntensive.Events;

// Which records a reading may touch.
internal readonly record struct PositionRange(LogPosition First, LogPosition Last)
{
    public static PositionRange Of(EventState state, LogPosition visible, EventReadOptions options)
    {
        long count = state.All.CountUpTo(visible);
        LogPosition last = visible;
        if (options.AsOf is { } asOf && asOf.Value < count)
        {
            count = asOf.Value;
            last = state.LogPositionOf(asOf);
        }

        if (options.AsOfTime is { } time)
        {
            count = CountUpTo(state, count, time);
            last = state.LogPositionOf(new EventPosition(count));
        }

        if (options.From is not { Value: > 0 } from)
        {
            return new PositionRange(new LogPosition(1), last);
        }

        // From an event on, which may not be there: nothing forward, everything backward.
        return options.Backward ? new PositionRange(new LogPosition(1), from.Value <= count ? state.LogPositionOf(from) : last)
            : from.Value <= count ? new PositionRange(state.LogPositionOf(from), last)
            : new PositionRange(new LogPosition(last.Value + 1), last);
    }

    // Timestamps never go back, so the events up to a time are the first ones.
    private static long CountUpTo(EventState state, long count, DateTimeOffset time)
    {
        using EventReader reader = new(state.Database);
        (long micros, long rest) = Math.DivRem((time - DateTimeOffset.UnixEpoch).Ticks, TimeSpan.TicksPerMicrosecond);
        micros -= rest < 0 ? 1 : 0;
        long low = 0;
        long high = count;
        while (low < high)
        {
            long middle = (low + high) >>> 1;
            if (MicrosAtOrBehind(state, reader, ref middle, high) <= micros)
            {
                low = middle + 1;
            }
            else
            {
                high = (low + high) >>> 1;
            }
        }

        return low;
    }

    // Moves on over removed records.
    private static long MicrosAtOrBehind(EventState state, EventReader reader, ref long index, long end)
    {
        while (index < end)
        {
            if (reader.TryRead(state.All[index], out LogRecord record))
            {
                return new EventRecord(record.Body.Span, record.Position).Micros;
            }

            index++;
        }

        return long.MaxValue;
    }
}
