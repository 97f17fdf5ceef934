namespace DataIntensive.DependencyInjection;

internal sealed class LazyCausalStore<TKey, TValue>(DatabaseAccessor accessor, string name, ReplicaId replica) : ICausalStore<TKey, TValue>
    where TKey : notnull
{
    public ReplicaId Replica => replica;

    public async ValueTask<VectorClock> WriteAsync(TKey key, TValue value, VectorClock? dependencies = null, CancellationToken cancellationToken = default)
    {
        DatabaseCausalStore<TKey, TValue> store = await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await store.WriteAsync(key, value, dependencies, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<VectorClock> DeleteAsync(TKey key, VectorClock? dependencies = null, CancellationToken cancellationToken = default)
    {
        DatabaseCausalStore<TKey, TValue> store = await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await store.DeleteAsync(key, dependencies, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<CausalRead<TValue>> ReadAsync(TKey key, VectorClock? atLeast = null, CancellationToken cancellationToken = default)
    {
        DatabaseCausalStore<TKey, TValue> store = await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await store.ReadAsync(key, atLeast, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<CausalUpdate<TKey, TValue>>> UpdatesAfterAsync(VectorClock seen, int limit = 1000, CancellationToken cancellationToken = default)
    {
        DatabaseCausalStore<TKey, TValue> store = await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await store.UpdatesAfterAsync(seen, limit, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<VectorClock> ReceiveAsync(IReadOnlyList<CausalUpdate<TKey, TValue>> updates, CancellationToken cancellationToken = default)
    {
        DatabaseCausalStore<TKey, TValue> store = await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await store.ReceiveAsync(updates, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<DatabaseCausalStore<TKey, TValue>> OpenAsync(CancellationToken cancellationToken)
    {
        Database database = await accessor.OpenAsync(cancellationToken).ConfigureAwait(false);
        return database.CausalStore<TKey, TValue>(name);
    }
}
