namespace DataIntensive;

/// <summary>A store that keeps the versions of its newest positions, and can be read as it was at any of them.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>
/// <para><b>Cost.</b> Every version that was current within the kept positions is in memory.</para>
/// </remarks>
public interface ITimeTravel<TKey, TValue>
    where TKey : notnull
{
    /// <summary>The oldest position that can be read; the newest visible one when the store was declared to keep none, and then nothing can be read here.</summary>
    LogPosition KeptFrom { get; }

    /// <summary>Returns what a key was at a position; the default entry when it was absent.</summary>
    /// <param name="key">The key.</param>
    /// <param name="position">A position from <see cref="KeptFrom"/> to the newest visible one.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="LogHistoryGoneException">The position is no longer kept; it says which is the oldest one.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The position is not visible yet.</exception>
    /// <exception cref="InvalidOperationException">The store was declared to keep no older versions.</exception>
    ValueTask<StoreEntry<TValue>> ReadAsOfAsync(TKey key, LogPosition position, CancellationToken cancellationToken = default);

    /// <summary>Reads the first keys of a range as they were at a position, so that many pages are of one.</summary>
    /// <param name="position">A position from <see cref="KeptFrom"/> to the newest visible one.</param>
    /// <param name="range">The range; the default holds all keys.</param>
    /// <param name="maxCount">How many keys at most. Default 1,000; from 1.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="LogHistoryGoneException">The position is no longer kept; it says which is the oldest one.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The position is not visible yet.</exception>
    /// <exception cref="InvalidOperationException">The store keeps no older versions, or has no order, or the range is a prefix and the order is not ordinal.</exception>
    ValueTask<StorePage<TKey, TValue>> ReadPageAsOfAsync(LogPosition position, KeyRange<TKey> range = default, int maxCount = 1000, CancellationToken cancellationToken = default);
}
