namespace DataIntensive;

/// <summary>Where and how a subscription begins.</summary>
public sealed class SubscribeOptions
{
    /// <summary>The last event position that is known. Default: the start, so all events are given.</summary>
    public EventPosition After
    {
        get;
        init => field = value.Value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Event positions count from 1; 0 is before the first.");
    }

    /// <summary>
    /// Whether events are passed over when their stream is archived by the time it comes to them. Default false: archiving a stream takes
    /// nothing from who has not come so far, and where there are archived events it reads all events.
    /// </summary>
    public bool SkipArchived { get; init; }

    /// <summary>What happens at an event that is not mapped. Default <see cref="UnknownEvents.Fail"/>.</summary>
    public UnknownEvents Unknown { get; init; }
}
