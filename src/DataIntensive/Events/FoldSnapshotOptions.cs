using Microsoft.Extensions.Logging;

namespace DataIntensive;

/// <summary>When states are kept, and how many. Every value may differ from the one of an earlier run.</summary>
public sealed class FoldSnapshotOptions
{
    /// <summary>A state is kept when this many events came since the one kept last. Default 100; from 1; null: not for that reason.</summary>
    public int? EveryEvents
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "At least one event.");
    } = 100;

    /// <summary>
    /// A state is kept when its last event is this much younger than the one of the state kept last, by the events' timestamps. Default null:
    /// not for that reason; above zero.
    /// </summary>
    public TimeSpan? Every
    {
        get;
        init => field = value is null || value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Above zero.");
    }

    /// <summary>A state is kept when an event with one of these names was among those read. Default none.</summary>
    public IReadOnlyCollection<string> OnEvents { get; init => field = [.. value ?? throw new ArgumentNullException(nameof(value))]; } = [];

    /// <summary>How many states of a stream are kept, so that an older version too begins near by. Default 2; 1 to 100.</summary>
    public int KeptPerStream
    {
        get;
        init => field = value is >= 1 and <= 100 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "1 to 100.");
    } = 2;

    /// <summary>How many states wait to be written at most; past it, one is not kept this time. Default 256; 1 to 100,000.</summary>
    public int QueueLength
    {
        get;
        init => field = value is >= 1 and <= 100_000 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "1 to 100,000.");
    } = 256;

    /// <summary>Where warnings go. Default null: where those of the database go that keeps the states, otherwise nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }
}
