namespace DataIntensive;

/// <summary>A range of keys in the order of a store. The default holds all keys.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <remarks><see cref="KeyRange"/> makes them.</remarks>
public readonly record struct KeyRange<TKey>
    where TKey : notnull
{
    internal bool HasFrom { get; init; }

    internal TKey? From { get; init; }

    // The range begins behind From, not at it.
    internal bool IsAfter { get; init; }

    internal bool HasTo { get; init; }

    internal TKey? To { get; init; }

    // Of what was read up to a limit: To is part of it.
    internal bool WithTo { get; init; }

    // Only right where keys are in ordinal order.
    internal bool IsPrefix { get; init; }

    /// <summary>What of this range lies behind a key: where to read on.</summary>
    /// <param name="after">The last key that is known.</param>
    public KeyRange<TKey> After(TKey after)
    {
        ArgumentNullException.ThrowIfNull(after);
        return this with { HasFrom = true, From = after, IsAfter = true };
    }

    /// <summary>What of this range lies before a key.</summary>
    /// <param name="to">The first key that is no longer in it.</param>
    public KeyRange<TKey> Before(TKey to)
    {
        ArgumentNullException.ThrowIfNull(to);
        return this with { HasTo = true, To = to, WithTo = false };
    }

    internal KeyRange<TKey> Through(TKey last) => this with { HasTo = true, To = last, WithTo = true };

    internal bool IsBehind(TKey key, IComparer<TKey> order)
    {
        int compared = HasTo ? order.Compare(key, To!) : -1;
        return compared > 0 || (compared == 0 && !WithTo);
    }

    internal bool IsBefore(TKey key, IComparer<TKey> order)
    {
        int compared = HasFrom ? order.Compare(key, From!) : 1;
        return compared < 0 || (compared == 0 && IsAfter);
    }

    internal bool Contains(TKey key, IComparer<TKey> order) => !IsBefore(key, order) && !IsBehind(key, order);
}
