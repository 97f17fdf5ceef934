namespace DataIntensive;

/// <summary>How an <see cref="EventSubscription"/> works. Every value may differ from the one of an earlier run.</summary>
public sealed class SubscriptionOptions
{
    /// <summary>Where it begins when it has no checkpoint. Default: at the first event.</summary>
    public SubscriptionStart Start { get; init; }

    /// <summary>
    /// After how many events a checkpoint is saved at the latest; one is saved also whenever all there is was handled. A transactional handler
    /// handles up to that many events in one transaction. So many may come again after a crash to a handler that is not transactional.
    /// Default 100; 1 to 100,000.
    /// </summary>
    public int EventsPerCheckpoint
    {
        get;
        init => field = value is >= 1 and <= 100_000 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "1 to 100,000.");
    } = 100;

    /// <summary>
    /// How many positions of events that it does not ask for it passes before it saves its checkpoint without progress of its own. Default
    /// 10,000; from 1.
    /// </summary>
    public long ForeignPositionsPerCheckpoint
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "From 1.");
    } = 10_000;

    /// <summary>How many positions behind the newest event it counts as fallen behind, once it had caught up. Default 1,000; from 1.</summary>
    public long FellBehindAt
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "From 1.");
    } = 1000;

    /// <summary>Called when it has handled all there is, with its position. Default null. What it throws stops the subscription.</summary>
    public Action<EventPosition>? CaughtUp { get; init; }

    /// <summary>
    /// Called when it has fallen behind after it had caught up, with its position and how many positions it is behind. Default null. What it
    /// throws stops the subscription.
    /// </summary>
    public Action<EventPosition, long>? FellBehind { get; init; }

    /// <summary>What happens at an event that is not mapped. Default <see cref="UnknownEvents.Fail"/>.</summary>
    public UnknownEvents Unknown { get; init; }

    /// <summary>How often an event is handled at most when its handler throws, before it counts as poison. Default 1; 1 to 1,000.</summary>
    public int MaxAttempts
    {
        get;
        init => field = value is >= 1 and <= 1000 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "1 to 1,000.");
    } = 1;

    /// <summary>How long it waits before the second attempt; before each further one twice as long. Default 100 ms; above zero, up to 1 day.</summary>
    public TimeSpan RetryDelay
    {
        get;
        init => field = value > TimeSpan.Zero && value <= TimeSpan.FromDays(1) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Above zero, up to 1 day.");
    } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait between two attempts. Default 30 seconds; above zero, up to 1 day.</summary>
    public TimeSpan MaxRetryDelay
    {
        get;
        init => field = value > TimeSpan.Zero && value <= TimeSpan.FromDays(1) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Above zero, up to 1 day.");
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// What happens to an event that its handler failed on as often as it may. Default <see cref="PoisonEvents.Stop"/>. Parking needs
    /// checkpoints in a database, or <see cref="InMemoryCheckpointStore"/>. What is parked when it stops parking still keeps its key waiting.
    /// </summary>
    public PoisonEvents Poison
    {
        get;
        init => field = Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Unknown.");
    }

    /// <summary>
    /// How many events may be parked at once; at the next one it stops with <see cref="TooManyDeadLettersException"/>. They are in memory,
    /// each with some 200 bytes and its texts. Default 1,000; 1 to 100,000.
    /// </summary>
    public int MaxParked
    {
        get;
        init => field = value is >= 1 and <= 100_000 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "1 to 100,000.");
    } = 1000;

    /// <summary>
    /// How many events are handled at once, each by one member of the group that the subscription then is. With one, events are handled in
    /// the order of their positions; with more, in that order within a key (<see cref="KeyOf"/>), and a key that waits holds up no other.
    /// Default 1; 1 to 1,000.
    /// </summary>
    public int Members
    {
        get;
        init => field = value is >= 1 and <= 1000 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "1 to 1,000.");
    } = 1;

    /// <summary>
    /// Gives the key of an event: those of one key are handled in order, one at a time, and parked together. Default null: the stream. Of
    /// an event that was upcast to several, the first is asked. It must always give the same for the same event; what it throws stops the
    /// subscription.
    /// </summary>
    public Func<RecordedEvent, string>? KeyOf { get; init; }

    /// <summary>
    /// How many stored events a group holds: those that are handled or wait, and those that are finished ahead of an older one. When there
    /// are so many, it reads no further. Default 1,000; 1 to 100,000.
    /// </summary>
    public int MaxInFlight
    {
        get;
        init => field = value is >= 1 and <= 100_000 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "1 to 100,000.");
    } = 1000;

    /// <summary>
    /// How long a handler may take. Then its token is cancelled, the attempt counts as failed, with a <see cref="TimeoutException"/>, and what
    /// it still does counts for nothing; the event is given to another member, as after an exception. A handler that ignores its token goes on
    /// meanwhile: with more of those than there are members, the subscription stops. Not for handlers that run inside
    /// <see cref="Database.ExecuteAsync(Action{DatabaseTransaction}, Durability?, CancellationToken)"/>. Default: no limit; above zero, up to
    /// 1 day.
    /// </summary>
    public TimeSpan HandlerTimeout
    {
        get;
        init => field = value == Timeout.InfiniteTimeSpan || (value > TimeSpan.Zero && value <= TimeSpan.FromDays(1))
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Above zero, up to 1 day, or no limit.");
    } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Whether a run waits while another consumer of its name runs in this process, and takes over when that ends; one after the other when
    /// several wait. Default false: it is refused.
    /// </summary>
    public bool WaitsForName { get; init; }

    /// <summary>The clock by which it waits between attempts. Default null: that of the event store's database, otherwise the system's.</summary>
    public TimeProvider? TimeProvider { get; init; }

    internal TimeSpan DelayBefore(int attempt)
    {
        double ticks = RetryDelay.Ticks * Math.Pow(2, attempt - 2);
        return ticks < MaxRetryDelay.Ticks ? TimeSpan.FromTicks((long)ticks) : MaxRetryDelay;
    }
}
