using DataIntensive.Stores;

namespace DataIntensive;

/// <summary>A store's side of one transaction: it reads its own writes, and what it writes is part of the transaction's commit.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
public readonly struct StoreTransaction<TKey, TValue>
    where TKey : notnull
{
    private readonly StoreChanges<TKey, TValue> _changes;

    internal StoreTransaction(StoreChanges<TKey, TValue> changes) => _changes = changes;

    /// <summary>
    /// Returns the entry of a key as the transaction sees it; the default entry when it is absent. The revision of an own write is not
    /// known before the commit and reads as the largest one.
    /// </summary>
    public StoreEntry<TValue> Read(TKey key) => _changes.Read(key);

    /// <summary>
    /// Returns all keys that the transaction sees, in no particular order. It counts as a read of every key, so a serializable
    /// transaction conflicts with whoever writes, adds or deletes any key meanwhile: no phantoms, whatever is looked for in the result.
    /// </summary>
    public IReadOnlyList<KeyValuePair<TKey, StoreEntry<TValue>>> ReadAll() => _changes.ReadAll();

    /// <summary>
    /// Returns the first keys of a range that the transaction sees, in order. It counts as a read of every key that could stand in the
    /// range, up to the last one returned when there were more: a key that somebody adds there meanwhile is a conflict, so there are no
    /// phantoms.
    /// </summary>
    /// <param name="range">The range; the default holds all keys.</param>
    /// <param name="maxCount">How many keys at most. Default 1,000; from 1. To read on, ask for <see cref="KeyRange{TKey}.After"/> the last one.</param>
    /// <exception cref="InvalidOperationException">The store was declared without an order, or the range is a prefix and the order is not ordinal.</exception>
    public IReadOnlyList<KeyValuePair<TKey, StoreEntry<TValue>>> ReadRange(KeyRange<TKey> range = default, int maxCount = 1000) => _changes.ReadRange(range, maxCount);

    /// <summary>Sets a key.</summary>
    /// <exception cref="ArgumentException">The codec cannot write it, or the key takes more than 64 KiB.</exception>
    public void Write(TKey key, TValue value) => _changes.Set(key, value);

    /// <summary>Sets a key for a time (<see cref="IExpiringStore{TKey,TValue}"/>), counted from this call.</summary>
    /// <exception cref="ArgumentException">The codec cannot write it, or the key takes more than 64 KiB.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time is not more than zero, or ends behind the year 9999.</exception>
    public void Write(TKey key, TValue value, TimeSpan timeToLive) => _changes.Set(key, value, timeToLive);

    /// <summary>Deletes a key; returns false, writing nothing, when it is not there.</summary>
    public bool Delete(TKey key) => _changes.Delete(key);

    /// <summary>Sets a key to what a function makes of its entry, and returns the new value.</summary>
    public TValue Update(TKey key, Func<StoreEntry<TValue>, TValue> update)
    {
        ArgumentNullException.ThrowIfNull(update);
        TValue value = update(_changes.Read(key));
        _changes.Set(key, value);
        return value;
    }
}
