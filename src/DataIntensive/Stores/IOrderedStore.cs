namespace DataIntensive;

/// <summary>A store that can keep its keys in order, and read ranges of them.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> A page, and a whole scan, is what the range held at one position: no commit is seen in part.</para>
/// <para><b>Order.</b> That of <see cref="KeyOrder"/>, ascending. Keys that compare equal without being equal stand beside each other.</para>
/// <para><b>Cost.</b> Finding the beginning takes the logarithm of the number of keys. While a scan is open, the versions that it may still
/// read are kept in memory: read pages when the reader is slow.</para>
/// <para><b>Not guaranteed.</b> That two pages are of one position, unless they are read by <see cref="ITimeTravel{TKey,TValue}"/>.</para>
/// </remarks>
public interface IOrderedStore<TKey, TValue>
    where TKey : notnull
{
    /// <summary>The order of the keys; null when the store was declared without one, and then no range can be read.</summary>
    IComparer<TKey>? KeyOrder { get; }

    /// <summary>Reads the first keys of a range.</summary>
    /// <param name="range">The range; the default holds all keys.</param>
    /// <param name="maxCount">How many keys at most. Default 1,000; from 1.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="InvalidOperationException">The store has no order, or the range is a prefix and the order is not ordinal.</exception>
    ValueTask<StorePage<TKey, TValue>> ReadPageAsync(KeyRange<TKey> range = default, int maxCount = 1000, CancellationToken cancellationToken = default);

    /// <summary>Gives the keys of a range one by one, all as they are at the position at which the enumeration begins.</summary>
    /// <param name="range">The range; the default holds all keys.</param>
    /// <param name="cancellationToken">Ends the scan.</param>
    /// <exception cref="InvalidOperationException">The store has no order, or the range is a prefix and the order is not ordinal.</exception>
    IAsyncEnumerable<KeyValuePair<TKey, StoreEntry<TValue>>> ScanAsync(KeyRange<TKey> range = default, CancellationToken cancellationToken = default);
}
