using DataIntensive.Streams;

namespace DataIntensive;

/// <summary>A half-open span of event time: the start belongs to it, the end does not.</summary>
/// <param name="StartTicks">The first tick, as <see cref="DateTimeOffset.UtcTicks"/> counts; may lie before <see cref="DateTimeOffset.MinValue"/>.</param>
/// <param name="EndTicks">The first tick behind it; may lie behind <see cref="DateTimeOffset.MaxValue"/>.</param>
public readonly record struct TimeWindow(long StartTicks, long EndTicks)
{
    /// <summary>Makes a window between two times.</summary>
    /// <param name="start">The first moment.</param>
    /// <param name="end">The first moment behind it.</param>
    public TimeWindow(DateTimeOffset start, DateTimeOffset end)
        : this(start.UtcTicks, end.UtcTicks)
    {
    }

    /// <summary>The first moment, in UTC; the nearest that can be shown when it lies outside of the calendar.</summary>
    public DateTimeOffset Start => StreamTime.Show(StartTicks);

    /// <summary>The first moment behind it, in UTC; the nearest that can be shown when it lies outside of the calendar.</summary>
    public DateTimeOffset End => StreamTime.Show(EndTicks);

    /// <summary>Returns both ends in ISO 8601.</summary>
    public override string ToString() => $"[{Start:O}, {End:O})";
}
