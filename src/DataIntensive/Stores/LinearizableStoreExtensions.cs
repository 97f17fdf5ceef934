namespace DataIntensive;

/// <summary>What every linearizable store can do with its few operations.</summary>
public static class LinearizableStoreExtensions
{
    /// <summary>Sets a key if it still holds a value, by comparing values. The key must be there.</summary>
    /// <param name="store">The store.</param>
    /// <param name="key">The key.</param>
    /// <param name="expected">The value that must be there.</param>
    /// <param name="value">The new value.</param>
    /// <param name="comparer">How values are compared; null for the default of their type.</param>
    /// <param name="cancellationToken">Stops the waiting; it never un-writes.</param>
    /// <returns>Whether it was set, and what is there now.</returns>
    /// <remarks>
    /// Equal values are not told apart: a value that was changed and changed back still compares equal. By revision it does not.
    /// </remarks>
    public static async ValueTask<CompareAndSetResult<TValue>> CompareAndSetAsync<TKey, TValue>(
        this ILinearizableStore<TKey, TValue> store,
        TKey key,
        TValue expected,
        TValue value,
        IEqualityComparer<TValue>? comparer = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(store);
        comparer ??= EqualityComparer<TValue>.Default;
        while (true)
        {
            StoreEntry<TValue> current = await store.ReadAsync(key, cancellationToken).ConfigureAwait(false);
            if (!current.Exists || !comparer.Equals(current.Value!, expected))
            {
                return new CompareAndSetResult<TValue>(Succeeded: false, current);
            }

            CompareAndSetResult<TValue> result = await store.CompareAndSetAsync(key, current.Revision, value, cancellationToken).ConfigureAwait(false);
            if (result.Succeeded)
            {
                return result;
            }
        }
    }

    /// <summary>Sets a key if it is absent.</summary>
    /// <returns>Whether it was set, and what is there now.</returns>
    public static ValueTask<CompareAndSetResult<TValue>> AddAsync<TKey, TValue>(this ILinearizableStore<TKey, TValue> store, TKey key, TValue value, CancellationToken cancellationToken = default)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.CompareAndSetAsync(key, Revision.None, value, cancellationToken);
    }

    /// <summary>Gives the store's side of a transaction: what is read and written through it is part of that.</summary>
    /// <exception cref="InvalidOperationException">The store belongs to no database, or to another one.</exception>
    public static StoreTransaction<TKey, TValue> In<TKey, TValue>(this ILinearizableStore<TKey, TValue> store, DatabaseTransaction transaction)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(transaction);
        return store is DatabaseStore<TKey, TValue> durable
            ? durable.Join(transaction)
            : throw new InvalidOperationException("The store belongs to no database, so it has no part in a transaction.");
    }
}
