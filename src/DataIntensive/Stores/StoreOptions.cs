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
    /// Of how many of the log's newest positions all versions are kept for <see cref="ITimeTravel{TKey,TValue}"/>. Default 0: none.
    /// 0 to 1,000,000,000.
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
