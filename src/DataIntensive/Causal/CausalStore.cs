using DataIntensive.Causal;

namespace DataIntensive;

/// <summary>Makes causal stores that need no database.</summary>
public static class CausalStore
{
    /// <summary>Makes a replica in memory, without a log.</summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="replica">Its id: used by no other replica, and by none before it.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    /// <exception cref="ArgumentException">The id is the default.</exception>
    public static InMemoryCausalStore<TKey, TValue> InMemory<TKey, TValue>(ReplicaId replica, CausalStoreOptions? options = null)
        where TKey : notnull
    {
        replica.ThrowIfDefault(nameof(replica));
        return new(replica, options ?? new CausalStoreOptions());
    }
}
