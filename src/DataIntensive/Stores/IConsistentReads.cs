namespace DataIntensive;

/// <summary>A store that can read several keys as they are at one moment.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> No commit is seen in part: all entries of one answer stood there together, at one moment between call and return.</para>
/// </remarks>
public interface IConsistentReads<TKey, TValue>
    where TKey : notnull
{
    /// <summary>Returns the entries of some keys, in the order of the keys; the default entry for each that is absent.</summary>
    /// <param name="keys">The keys; one may be there twice.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="ArgumentNullException">There are no keys, or one is null.</exception>
    ValueTask<IReadOnlyList<StoreEntry<TValue>>> ReadManyAsync(IReadOnlyCollection<TKey> keys, CancellationToken cancellationToken = default);

    /// <summary>Returns all keys with their entries, in no particular order. The answer holds all of the store.</summary>
    /// <param name="cancellationToken">Stops the waiting.</param>
    ValueTask<IReadOnlyList<KeyValuePair<TKey, StoreEntry<TValue>>>> ReadAllAsync(CancellationToken cancellationToken = default);
}
