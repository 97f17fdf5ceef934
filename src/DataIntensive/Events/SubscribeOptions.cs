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

    /// <summary>What happens at an event that is not mapped. Default <see cref="UnknownEvents.Fail"/>.</summary>
    public UnknownEvents Unknown { get; init; }
}
