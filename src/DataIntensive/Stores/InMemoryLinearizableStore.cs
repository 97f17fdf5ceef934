namespace DataIntensive.Stores;

/// <summary>A linearizable store in memory, without a log. <see cref="LinearizableStore"/> makes it.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values. Treat them as immutable: readers share them.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> Every operation on a key is linearizable, and so is reading many keys or all.</para>
/// <para><b>Order.</b> A watch gives the changes of all keys in one order, which is that of each key.</para>
/// <para><b>After a crash.</b> Nothing is left.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread.</para>
/// <para><b>Cost.</b> A read is one look-up without a lock; it looks again when a write of the same key is half way. A write holds one of
/// 64 stripes for a few instructions, and from the first watch on a lock of the whole store too. Neither allocates. An entry takes about
/// twice the bytes of hash, key, value, revision and version together; deleted keys keep their place until few in their stripe are left.</para>
/// <para><b>Not guaranteed.</b> Durability, transactions, and a watch's history beyond <see cref="InMemoryStoreOptions.KeptChanges"/>.</para>
/// </remarks>
public sealed class InMemoryLinearizableStore<TKey, TValue> : ILinearizableStore<TKey, TValue>, IConsistentReads<TKey, TValue>
    where TKey : notnull
{
    private readonly StripedTable<TKey, StoreContent<TValue>> _table = new();
    private readonly int _keptChanges;
    private KeptChanges<TKey, TValue>? _kept;
    private RevisionCounter _revisions;

    internal InMemoryLinearizableStore(InMemoryStoreOptions options) => _keptChanges = options.KeptChanges;

    /// <summary>Returns the newest entry of a key, at once; the default entry when it is absent.</summary>
    public StoreEntry<TValue> Read(TKey key) => Read(key, _table.HashOf(key));

    /// <inheritdoc />
    public ValueTask<StoreEntry<TValue>> ReadAsync(TKey key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<StoreEntry<TValue>>(Read(key));
    }

    /// <inheritdoc />
    public ValueTask<Revision> WriteAsync(TKey key, TValue value, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int hash = _table.HashOf(key);
        int stripe = StripedTable<TKey, StoreContent<TValue>>.StripeOf(hash);
        _table.Enter(stripe);
        try
        {
            return new ValueTask<Revision>(Set_NeedsStripe(ref _table.Find_NeedsStripe(key, hash), key, hash, value).Revision);
        }
        finally
        {
            _table.Exit(stripe);
        }
    }

    /// <inheritdoc />
    public ValueTask<bool> DeleteAsync(TKey key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int hash = _table.HashOf(key);
        int stripe = StripedTable<TKey, StoreContent<TValue>>.StripeOf(hash);
        _table.Enter(stripe);
        try
        {
            ref StoreSlot<TKey, StoreContent<TValue>> slot = ref _table.Find_NeedsStripe(key, hash);
            if (slot.Revision_NeedsStripe == 0)
            {
                return new ValueTask<bool>(false);
            }

            Delete_NeedsStripe(ref slot, key, hash);
            return new ValueTask<bool>(true);
        }
        finally
        {
            _table.Exit(stripe);
        }
    }

    /// <inheritdoc />
    public ValueTask<CompareAndSetResult<TValue>> CompareAndSetAsync(TKey key, Revision expected, TValue value, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<CompareAndSetResult<TValue>>(CompareAndSet(key, _table.HashOf(key), expected, value));
    }

    /// <inheritdoc />
    public ValueTask<StoreEntry<TValue>> UpdateAsync(TKey key, Func<StoreEntry<TValue>, TValue> update, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(update);
        cancellationToken.ThrowIfCancellationRequested();
        int hash = _table.HashOf(key);
        StoreEntry<TValue> entry = Read(key, hash);
        while (true)
        {
            // Outside the stripe: nobody waits for the function, and it may use the store. Whoever makes it run again has made progress.
            CompareAndSetResult<TValue> result = CompareAndSet(key, hash, entry.Revision, update(entry));
            if (result.Succeeded)
            {
                return new ValueTask<StoreEntry<TValue>>(result.Current);
            }

            cancellationToken.ThrowIfCancellationRequested();
            entry = result.Current;
        }
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoreEntry<TValue>>> ReadManyAsync(IReadOnlyCollection<TKey> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        cancellationToken.ThrowIfCancellationRequested();
        List<(TKey Key, int Hash)> hashed = new(keys.Count);
        ulong stripes = 0;
        foreach (TKey key in keys)
        {
            int hash = _table.HashOf(key);
            hashed.Add((key, hash));
            stripes |= 1UL << StripedTable<TKey, StoreContent<TValue>>.StripeOf(hash);
        }

        StoreEntry<TValue>[] entries = new StoreEntry<TValue>[hashed.Count];
        _table.EnterAll(stripes);
        try
        {
            for (int i = 0; i < entries.Length; i++)
            {
                entries[i] = Read(hashed[i].Key, hashed[i].Hash);
            }
        }
        finally
        {
            _table.ExitAll(stripes);
        }

        return new ValueTask<IReadOnlyList<StoreEntry<TValue>>>(entries);
    }

    /// <inheritdoc />
    /// <remarks>Writes wait while the entries are copied.</remarks>
    public ValueTask<IReadOnlyList<KeyValuePair<TKey, StoreEntry<TValue>>>> ReadAllAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        List<KeyValuePair<TKey, StoreEntry<TValue>>> entries = [];
        _table.EnterAll(ulong.MaxValue);
        try
        {
            foreach ((TKey key, SlotCopy<StoreContent<TValue>> copy) in _table.All())
            {
                entries.Add(new KeyValuePair<TKey, StoreEntry<TValue>>(key, StoreContent<TValue>.EntryOf(copy)));
            }
        }
        finally
        {
            _table.ExitAll(ulong.MaxValue);
        }

        return new ValueTask<IReadOnlyList<KeyValuePair<TKey, StoreEntry<TValue>>>>(entries);
    }

    /// <inheritdoc />
    public IAsyncEnumerable<StoreChange<TKey, TValue>> WatchAsync(Revision? after = null, CancellationToken cancellationToken = default)
    {
        KeptChanges<TKey, TValue> kept = Volatile.Read(ref _kept) ?? StartKeeping();
        lock (kept.Gate)
        {
            return kept.WatchAsync(after?.Value ?? _revisions.Last, cancellationToken);
        }
    }

    private StoreEntry<TValue> Read(TKey key, int hash) => StoreContent<TValue>.EntryOf(_table.Read(key, hash));

    // Until the first watch nothing is kept. Switching that on while a write is half way would lose that write to the watch, so all
    // stripes are taken for the switch.
    private KeptChanges<TKey, TValue> StartKeeping()
    {
        KeptChanges<TKey, TValue> kept = new(_keptChanges);
        _table.EnterAll(ulong.MaxValue);
        try
        {
            if (_kept is null)
            {
                kept.ForgetUpTo(_revisions.Last);
                Volatile.Write(ref _kept, kept);
            }

            return _kept;
        }
        finally
        {
            _table.ExitAll(ulong.MaxValue);
        }
    }

    private CompareAndSetResult<TValue> CompareAndSet(TKey key, int hash, Revision expected, TValue value)
    {
        int stripe = StripedTable<TKey, StoreContent<TValue>>.StripeOf(hash);
        _table.Enter(stripe);
        try
        {
            ref StoreSlot<TKey, StoreContent<TValue>> slot = ref _table.Find_NeedsStripe(key, hash);
            return slot.Revision_NeedsStripe == expected.Value
                ? new CompareAndSetResult<TValue>(Succeeded: true, Set_NeedsStripe(ref slot, key, hash, value))
                : new CompareAndSetResult<TValue>(Succeeded: false, StoreContent<TValue>.EntryOf(new SlotCopy<StoreContent<TValue>>(slot.Revision_NeedsStripe, slot.Content)));
        }
        finally
        {
            _table.Exit(stripe);
        }
    }

    private StoreEntry<TValue> Set_NeedsStripe(ref StoreSlot<TKey, StoreContent<TValue>> slot, TKey key, int hash, TValue value)
    {
        // 0 in a fresh place, and in that of a deleted key.
        long version = slot.Content.Version + 1;
        if (_kept is { } kept)
        {
            lock (kept.Gate)
            {
                long watched = _revisions.Next();
                _table.Write_NeedsStripe(ref slot, key, hash, new StoreContent<TValue>(value, version), watched);
                kept.Keep_NeedsGate(new StoreChange<TKey, TValue>(key, value, IsDelete: false, new Revision(watched)));
                return new StoreEntry<TValue>(value, new Revision(watched), version);
            }
        }

        long revision = _revisions.Next();
        _table.Write_NeedsStripe(ref slot, key, hash, new StoreContent<TValue>(value, version), revision);
        return new StoreEntry<TValue>(value, new Revision(revision), version);
    }

    private void Delete_NeedsStripe(ref StoreSlot<TKey, StoreContent<TValue>> slot, TKey key, int hash)
    {
        if (_kept is { } kept)
        {
            lock (kept.Gate)
            {
                long revision = _revisions.Next();
                _table.Delete_NeedsStripe(ref slot, hash, revision);
                kept.Keep_NeedsGate(new StoreChange<TKey, TValue>(key, default, IsDelete: true, new Revision(revision)));
            }
        }
        else
        {
            _table.Delete_NeedsStripe(ref slot, hash, _revisions.Next());
        }
    }
}
