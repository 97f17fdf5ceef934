using DataIntensive.Stores;

namespace DataIntensive;

/// <summary>Makes linearizable stores that need no database.</summary>
public static class LinearizableStore
{
    /// <summary>Makes a store in memory, without a log: the fast path, with no durability and no transactions.</summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="options">How it works; null for the defaults.</param>
    public static InMemoryLinearizableStore<TKey, TValue> InMemory<TKey, TValue>(InMemoryStoreOptions? options = null)
        where TKey : notnull =>
        new(options ?? new InMemoryStoreOptions());
}
