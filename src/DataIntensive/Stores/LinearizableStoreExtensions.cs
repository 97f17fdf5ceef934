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
    /// Equal values are not told apart: a value that was changed and changed back still compares equal. By revision it does not. In a
    /// database it runs in the sequencer, so that many of them on one key share an fsync; the comparer must be short and without I/O.
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
        if (store is DatabaseStore<TKey, TValue> durable)
        {
            return await durable.CompareAndSetAsync(key, expected, value, comparer, cancellationToken).ConfigureAwait(false);
        }

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

    /// <summary>Gives the changes of one key, in order, until cancelled.</summary>
    /// <param name="store">The store.</param>
    /// <param name="key">The key.</param>
    /// <param name="after">The revision of the last change that is known, of any key; null: changes that take effect after this call.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="LogHistoryGoneException">The changes behind <paramref name="after"/> are no longer kept; thrown while enumerating.</exception>
    public static IAsyncEnumerable<StoreChange<TKey, TValue>> WatchKeyAsync<TKey, TValue>(this ILinearizableStore<TKey, TValue> store, TKey key, Revision? after = null, CancellationToken cancellationToken = default)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(key);
        return store.WatchAsync(change => EqualityComparer<TKey>.Default.Equals(change.Key, key), after, cancellationToken);
    }

    /// <summary>Gives the changes that a predicate chooses, in order, until cancelled.</summary>
    /// <param name="store">The store.</param>
    /// <param name="predicate">Chooses by key and value; of a deleted key only the key is there.</param>
    /// <param name="after">The revision of the last change that is known, of any key; null: changes that take effect after this call.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="LogHistoryGoneException">The changes behind <paramref name="after"/> are no longer kept; thrown while enumerating.</exception>
    public static IAsyncEnumerable<StoreChange<TKey, TValue>> WatchAsync<TKey, TValue>(
        this ILinearizableStore<TKey, TValue> store,
        Func<StoreChange<TKey, TValue>, bool> predicate,
        Revision? after = null,
        CancellationToken cancellationToken = default)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(predicate);
        return store.WatchAsync(after, cancellationToken).Where(predicate);
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
