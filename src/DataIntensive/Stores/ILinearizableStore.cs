namespace DataIntensive;

/// <summary>
/// Keys and values of which every operation takes effect at one moment between its call and its return, as if there were one copy.
/// <see cref="LinearizableStore"/> makes a standalone one; a <see cref="Database"/> holds durable ones.
/// </summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values. Treat them as immutable: readers share them.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> Every operation on one key is linearizable. A returned write is durable as far as its store says.</para>
/// <para><b>Order.</b> A watch gives changes in the order in which they took effect.</para>
/// <para><b>After a crash.</b> See the implementation; a database keeps every acknowledged write.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread.</para>
/// <para><b>Cost.</b> Reads do not wait for writes.</para>
/// <para><b>Not guaranteed.</b> That several operations together are atomic: use a transaction of the database.</para>
/// </remarks>
public interface ILinearizableStore<TKey, TValue>
    where TKey : notnull
{
    /// <summary>Returns the newest entry of a key; the default entry when it is absent.</summary>
    ValueTask<StoreEntry<TValue>> ReadAsync(TKey key, CancellationToken cancellationToken = default);

    /// <summary>Sets a key, whatever was there.</summary>
    /// <returns>The revision of the write.</returns>
    ValueTask<Revision> WriteAsync(TKey key, TValue value, CancellationToken cancellationToken = default);

    /// <summary>Deletes a key.</summary>
    /// <returns>False when it was not there; nothing is written then.</returns>
    ValueTask<bool> DeleteAsync(TKey key, CancellationToken cancellationToken = default);

    /// <summary>Sets a key if it is still at a revision.</summary>
    /// <param name="key">The key.</param>
    /// <param name="expected">The revision that it must be at; <see cref="Revision.None"/>: it must be absent.</param>
    /// <param name="value">The new value.</param>
    /// <param name="cancellationToken">Stops the waiting; it never un-writes.</param>
    /// <returns>Whether it was set, and what is there now. A conflict is no exception.</returns>
    /// <remarks>
    /// On a hot key use <see cref="UpdateAsync"/>: its function runs in the sequencer of a database, where many of them share an fsync. A
    /// caller that reads and then sets is bound to one write at a time, each with its fsync, because what it expects must be durable
    /// before it can be read.
    /// </remarks>
    ValueTask<CompareAndSetResult<TValue>> CompareAndSetAsync(TKey key, Revision expected, TValue value, CancellationToken cancellationToken = default);

    /// <summary>Sets a key to what a function makes of its entry, atomically.</summary>
    /// <param name="key">The key.</param>
    /// <param name="update">Pure, short and without I/O; may run more than once. When it throws, nothing is written.</param>
    /// <param name="cancellationToken">Stops the waiting; it never un-writes.</param>
    /// <returns>The entry that was set.</returns>
    ValueTask<StoreEntry<TValue>> UpdateAsync(TKey key, Func<StoreEntry<TValue>, TValue> update, CancellationToken cancellationToken = default);

    /// <summary>Gives the changes of all keys, in order, until cancelled.</summary>
    /// <param name="after">The revision of the last change that is known; null: changes that take effect after this call.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="LogHistoryGoneException">The changes behind <paramref name="after"/> are no longer kept; thrown while enumerating.</exception>
    IAsyncEnumerable<StoreChange<TKey, TValue>> WatchAsync(Revision? after = null, CancellationToken cancellationToken = default);
}
