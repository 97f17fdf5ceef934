using DataIntensive.Streams;

namespace DataIntensive;

/// <summary>How a stream knows that a time is over.</summary>
public static class Watermarks
{
    /// <summary>
    /// The largest timestamp so far less a bound. A watermark is exclusive: an event with a timestamp below it is late. No event is
    /// late that lies at most the bound behind the newest before it.
    /// </summary>
    /// <param name="bound">How far events may be out of order; zero: not at all.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bound is negative.</exception>
    public static WatermarkStrategy BoundedOutOfOrderness(TimeSpan bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, TimeSpan.Zero);
        return new WatermarkStrategy(bound);
    }
}
