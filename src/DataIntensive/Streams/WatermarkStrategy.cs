namespace DataIntensive.Streams;

/// <summary>How the watermark follows the events. <see cref="Watermarks"/> makes it.</summary>
public sealed class WatermarkStrategy
{
    internal WatermarkStrategy(TimeSpan bound) => Bound = bound;

    /// <summary>How far the watermark stays behind the largest timestamp.</summary>
    public TimeSpan Bound { get; }
}
