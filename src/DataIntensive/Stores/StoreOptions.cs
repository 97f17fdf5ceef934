namespace DataIntensive;

/// <summary>How a store in a database works. Every value may differ from the one that an existing log was written with.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
public sealed class StoreOptions<TKey>
    where TKey : notnull
{
    /// <summary>
    /// The order in which keys are kept for ranges. Default null: no order, and no memory for one (about 60 bytes a key). For texts, say
    /// <see cref="StringComparer.Ordinal"/>. Two keys that compare equal should be equal.
    /// </summary>
    public IComparer<TKey>? KeyOrder { get; init; }

    /// <summary>
    /// How often keys whose deadline has passed are looked for (<see cref="IExpiringStore{TKey,TValue}"/>). Default 1 second; 10 ms to
    /// 1 day. Nothing is looked for while no key has a deadline.
    /// </summary>
    public TimeSpan SweepInterval
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.FromMilliseconds(10));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromDays(1));
            field = value;
        }
    } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Of how many of the log's newest positions all versions are kept for <see cref="ITimeTravel{TKey,TValue}"/>. Default 0: none.
    /// 0 to 1,000,000,000. They count towards <see cref="DatabaseOptions.MaxStateBytes"/>: until its position is passed, a replaced value takes
    /// its place beside the new one.
    /// </summary>
    public long KeptPositions
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1_000_000_000);
            field = value;
        }
    }
}
