namespace DataIntensive;

/// <summary>All that one commit changed in a store, in the order of its calls.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <param name="Changes">The changes; at least one.</param>
/// <param name="Revision">The end of the commit. Watching on after it continues with the next one.</param>
public sealed record StoreCommit<TKey, TValue>(IReadOnlyList<StoreChange<TKey, TValue>> Changes, Revision Revision);
