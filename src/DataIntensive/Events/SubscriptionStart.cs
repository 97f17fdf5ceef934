namespace DataIntensive;

/// <summary>Where a subscription begins when it has no checkpoint. The default is <see cref="Beginning"/>.</summary>
public readonly record struct SubscriptionStart
{
    private SubscriptionStart(bool isEnd, EventPosition after, DateTimeOffset? time)
    {
        IsEnd = isEnd;
        Position = after;
        Time = time;
    }

    /// <summary>At the first event; the same as <c>default</c>.</summary>
    public static SubscriptionStart Beginning => default;

    /// <summary>Behind the newest event at the time when it is first run.</summary>
    public static SubscriptionStart End => new(isEnd: true, default, null);

    internal bool IsEnd { get; }

    internal EventPosition Position { get; }

    internal DateTimeOffset? Time { get; }

    /// <summary>Behind a position.</summary>
    /// <param name="position">The last event that is passed over; at most the newest one when it is run.</param>
    public static SubscriptionStart After(EventPosition position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position.Value, nameof(position));
        return new SubscriptionStart(isEnd: false, position, null);
    }

    /// <summary>At the first event with this timestamp or a later one.</summary>
    public static SubscriptionStart From(DateTimeOffset time) => new(isEnd: false, default, time);
}
