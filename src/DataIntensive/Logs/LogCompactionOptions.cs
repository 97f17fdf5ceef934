namespace DataIntensive.Logs;

/// <summary>How far one <see cref="CommitLog.CompactAsync"/> goes.</summary>
public sealed class LogCompactionOptions
{
    /// <summary>
    /// Segments are written anew when at most this share of their bytes would be left. Default 0.5; 0 to 1. Small segments beside each
    /// other are joined whatever their share.
    /// </summary>
    public double MaxLiveRatio
    {
        get;
        init
        {
            if (double.IsNaN(value))
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "The share must be a number.");
            }

            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1);
            field = value;
        }
    } = 0.5;

    /// <summary>
    /// No further step is begun when this much was written, in bytes. Default 256 MiB; from 1. It bounds what a call writes, to this and
    /// one segment more, and not its time: each call first reads all segments but the last, up to <see cref="KeepFrom"/>.
    /// </summary>
    public long MaxWrittenBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 256 * 1024 * 1024;

    /// <summary>Records at or behind it are all kept. Default: none are for this reason.</summary>
    public LogPosition? KeepFrom { get; init; }
}
