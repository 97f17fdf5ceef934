using DataIntensive.Stores;

namespace DataIntensive;

public sealed partial class DatabaseStore<TKey, TValue> : IConsistentReads<TKey, TValue>, IOrderedStore<TKey, TValue>, ITimeTravel<TKey, TValue>, IExpiringStore<TKey, TValue>
{
    /// <inheritdoc />
    public IComparer<TKey>? KeyOrder => _state.Options.KeyOrder;

    /// <inheritdoc />
    public LogPosition KeptFrom => _state.Options.KeptPositions == 0 ? Database.Visible : _state.KeptFrom;

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoreEntry<TValue>>> ReadManyAsync(IReadOnlyCollection<TKey> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        cancellationToken.ThrowIfCancellationRequested();
        using DatabaseTransaction snapshot = Database.Begin();
        StoreEntry<TValue>[] entries = new StoreEntry<TValue>[keys.Count];
        int count = 0;
        foreach (TKey key in keys)
        {
            entries[count++] = StoreVersion<TValue>.EntryOf(_state.ReadAt(key, snapshot.Snapshot.Value));
        }

        return new ValueTask<IReadOnlyList<StoreEntry<TValue>>>(entries);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<KeyValuePair<TKey, StoreEntry<TValue>>>> ReadAllAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<IReadOnlyList<KeyValuePair<TKey, StoreEntry<TValue>>>>(ReadAll());
    }

    /// <inheritdoc />
    public ValueTask<StorePage<TKey, TValue>> ReadPageAsync(KeyRange<TKey> range = default, int maxCount = 1000, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using DatabaseTransaction snapshot = Database.Begin();
        return new ValueTask<StorePage<TKey, TValue>>(_state.ReadPage(range, maxCount, snapshot.Snapshot));
    }

    /// <inheritdoc />
    public IAsyncEnumerable<KeyValuePair<TKey, StoreEntry<TValue>>> ScanAsync(KeyRange<TKey> range = default, CancellationToken cancellationToken = default)
    {
        _state.OrderFor(range);
        return Scan(range, cancellationToken).ToAsyncEnumerable();
    }

    /// <inheritdoc />
    public ValueTask<StoreEntry<TValue>> ReadAsOfAsync(TKey key, LogPosition position, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<StoreEntry<TValue>>(_state.ReadAsOf(position, static (state, position, key) => StoreVersion<TValue>.EntryOf(state.ReadAt(key, position.Value)), key));
    }

    /// <inheritdoc />
    public ValueTask<StorePage<TKey, TValue>> ReadPageAsOfAsync(LogPosition position, KeyRange<TKey> range = default, int maxCount = 1000, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<StorePage<TKey, TValue>>(
            _state.ReadAsOf(position, static (state, position, page) => state.ReadPage(page.Range, page.MaxCount, position), (Range: range, MaxCount: maxCount)));
    }

    private IEnumerable<KeyValuePair<TKey, StoreEntry<TValue>>> Scan(KeyRange<TKey> range, CancellationToken cancellationToken)
    {
        using DatabaseTransaction snapshot = Database.Begin();
        foreach (KeyValuePair<TKey, StoreEntry<TValue>> entry in _state.Within(range, snapshot.Snapshot.Value))
        {
            cancellationToken.ThrowIfCancellationRequested();
            snapshot.ThrowIfExpired();
            yield return entry;
        }
    }
}
