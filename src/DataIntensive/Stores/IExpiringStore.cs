namespace DataIntensive;

/// <summary>A store whose entries may end by themselves.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> A key is there until its end is committed, for every reader at once, and never after. That is not before its
/// deadline, and within the sweep interval behind it while the log takes writes. Whoever must not use it a moment longer compares
/// <see cref="StoreEntry{TValue}.Deadline"/> with a clock.</para>
/// <para><b>After a crash.</b> Deadlines are stored with their values; what has ended meanwhile goes at the first sweep.</para>
/// <para><b>Not guaranteed.</b> That anything ends in a log that was opened to be read only: there, nothing does.</para>
/// </remarks>
public interface IExpiringStore<TKey, TValue>
    where TKey : notnull
{
    /// <summary>Sets a key for a time, whatever was there. A later write replaces the deadline, one without a time takes it away.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="timeToLive">How long it is there from now on; more than zero.</param>
    /// <param name="cancellationToken">Stops the waiting; it never un-writes.</param>
    /// <returns>The entry that was set, with its deadline.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is not more than zero, or ends behind the year 9999.</exception>
    ValueTask<StoreEntry<TValue>> WriteAsync(TKey key, TValue value, TimeSpan timeToLive, CancellationToken cancellationToken = default);
}
