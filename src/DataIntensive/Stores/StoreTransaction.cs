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

    /// <summary>Sets a key.</summary>
    /// <exception cref="ArgumentException">The codec cannot write it.</exception>
    public void Write(TKey key, TValue value) => _changes.Set(key, value);

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
