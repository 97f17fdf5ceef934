namespace DataIntensive.Causal;

/// <summary>A replica in memory, without a log. <see cref="CausalStore"/> makes it.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values. Treat them as immutable: readers share them.</typeparam>
/// <remarks>
/// <para><b>Guarantee.</b> As <see cref="ICausalStore{TKey, TValue}"/>.</para>
/// <para><b>Order.</b> As <see cref="ICausalStore{TKey, TValue}"/>.</para>
/// <para><b>After a crash.</b> Nothing is left; a replica that is started anew needs a new id.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread.</para>
/// <para><b>Cost.</b> One lock for all keys, held for the time of a look-up or of one update.</para>
/// <para><b>Not guaranteed.</b> Durability, and updates beyond <see cref="CausalStoreOptions.MaxKeptUpdates"/>.</para>
/// </remarks>
public sealed class InMemoryCausalStore<TKey, TValue> : ICausalStore<TKey, TValue>
    where TKey : notnull
{
    private readonly Lock _writes = new();
    private readonly CausalReplica<TKey, TValue> _replica;
    private readonly CausalInbox<TKey, TValue> _inbox;

    internal InMemoryCausalStore(ReplicaId replica, CausalStoreOptions options)
    {
        Replica = replica;
        _replica = new CausalReplica<TKey, TValue>(options.MaxKeptUpdates);
        _inbox = new CausalInbox<TKey, TValue>(replica, options.MaxBufferedUpdates);
    }

    /// <inheritdoc />
    public ReplicaId Replica { get; }

    /// <summary>What this replica has seen.</summary>
    public VectorClock Clock => _replica.Clock;

    /// <summary>How many received updates wait for what they depend on.</summary>
    public int BufferedUpdates => _inbox.Count;

    internal CausalReplica<TKey, TValue> State => _replica;

    /// <summary>Reads a key, at once.</summary>
    public CausalRead<TValue> Read(TKey key) => _replica.Read(key);

    /// <inheritdoc />
    public ValueTask<VectorClock> WriteAsync(TKey key, TValue value, VectorClock? dependencies = null, CancellationToken cancellationToken = default) =>
        WriteAsync(key, value, isDelete: false, dependencies, cancellationToken);

    /// <inheritdoc />
    public ValueTask<VectorClock> DeleteAsync(TKey key, VectorClock? dependencies = null, CancellationToken cancellationToken = default) =>
        WriteAsync(key, default, isDelete: true, dependencies, cancellationToken);

    /// <inheritdoc />
    public ValueTask<CausalRead<TValue>> ReadAsync(TKey key, VectorClock? atLeast = null, CancellationToken cancellationToken = default) =>
        _replica.ReadAsync(key, atLeast, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<CausalUpdate<TKey, TValue>>> UpdatesAfterAsync(VectorClock seen, int limit = 1000, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<IReadOnlyList<CausalUpdate<TKey, TValue>>>(_replica.UpdatesAfter(seen, limit));
    }

    /// <inheritdoc />
    public ValueTask<VectorClock> ReceiveAsync(IReadOnlyList<CausalUpdate<TKey, TValue>> updates, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(updates);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_writes)
        {
            _inbox.ThrowIfIdReused(_replica.Clock, updates);
            foreach (CausalUpdate<TKey, TValue> update in _inbox.Applicable(_replica.Clock, updates))
            {
                _replica.Apply(update);
                _inbox.Applied(update.Dot);
            }

            _inbox.Buffer(_replica.Clock, updates);
            return new ValueTask<VectorClock>(_replica.Clock);
        }
    }

    private async ValueTask<VectorClock> WriteAsync(TKey key, TValue? value, bool isDelete, VectorClock? dependencies, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        await _replica.WaitAsync(dependencies ?? default, cancellationToken).ConfigureAwait(false);
        lock (_writes)
        {
            VectorClock clock = _replica.Clock;
            CausalUpdate<TKey, TValue> update = new(new Dot(Replica, clock[Replica] + 1), dependencies ?? clock, key, value, isDelete);
            _replica.Apply(update);
            return update.Dependencies.With(update.Dot);
        }
    }
}
