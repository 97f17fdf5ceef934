namespace DataIntensive.Streams;

/// <summary>Windows that a gap in a key's events ends. <see cref="Windows.Session"/> makes them.</summary>
public sealed class SessionWindows : WindowDefinition
{
    internal SessionWindows(TimeSpan gap) => Gap = gap;

    /// <summary>How long a key must be silent for its session to end.</summary>
    public TimeSpan Gap { get; }

    internal override string Shape => $"session({Gap.Ticks})";
}
