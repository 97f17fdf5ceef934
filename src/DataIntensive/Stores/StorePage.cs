namespace DataIntensive;

/// <summary>Some keys of a range, in order, as they were at one position.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <param name="Entries">The keys with their entries.</param>
/// <param name="Position">The position at which they were so.</param>
/// <param name="Next">What of the range was not read for want of room; null when this is the end of it.</param>
public sealed record StorePage<TKey, TValue>(IReadOnlyList<KeyValuePair<TKey, StoreEntry<TValue>>> Entries, LogPosition Position, KeyRange<TKey>? Next)
    where TKey : notnull;
