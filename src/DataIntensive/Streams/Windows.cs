using DataIntensive.Streams;

namespace DataIntensive;

/// <summary>The kinds of windows.</summary>
public static class Windows
{
    /// <summary>
    /// Windows of one size, side by side without gaps. They are aligned to 1970-01-01T00:00Z plus the offset, before it as after it.
    /// </summary>
    /// <param name="size">How long each is.</param>
    /// <param name="offset">Moves the alignment; shorter than the size, of either sign. Default none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is not above zero, or the offset not within it.</exception>
    public static TumblingWindows Tumbling(TimeSpan size, TimeSpan offset = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(size, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(offset, size);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(offset, -size);
        return new TumblingWindows(size, offset);
    }

    /// <summary>
    /// Windows per key that last as long as its events follow each other within a gap. Each event opens [t, t + gap); those that
    /// overlap are one session, [first, last + gap). Events exactly a gap apart do not overlap. An event that overlaps an open
    /// session belongs to it however old it is, and may join several into one.
    /// </summary>
    /// <param name="gap">How long a key must be silent for its session to end.</param>
    /// <exception cref="ArgumentOutOfRangeException">The gap is not above zero.</exception>
    public static SessionWindows Session(TimeSpan gap)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(gap, TimeSpan.Zero);
        return new SessionWindows(gap);
    }
}
