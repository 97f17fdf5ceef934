using System.Runtime.CompilerServices;

namespace DataIntensive.DependencyInjection;

// A store that can be injected before its database is open: the first awaited call opens it.
internal sealed class LazyStore<TKey, TValue>(DatabaseAccessor accessor, string name) : ILinearizableStore<TKey, TValue>
    where TKey : notnull
{
    private DatabaseStore<TKey, TValue>? _store;

    // A database that was closed may have been opened anew.
    private DatabaseStore<TKey, TValue>? Opened => _store is { Database.IsClosed: false } store ? store : null;

    public async ValueTask<StoreEntry<TValue>> ReadAsync(TKey key, CancellationToken cancellationToken = default)
    {
        DatabaseStore<TKey, TValue> store = Opened ?? await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await store.ReadAsync(key, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<Revision> WriteAsync(TKey key, TValue value, CancellationToken cancellationToken = default)
    {
        DatabaseStore<TKey, TValue> store = Opened ?? await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await store.WriteAsync(key, value, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> DeleteAsync(TKey key, CancellationToken cancellationToken = default)
    {
        DatabaseStore<TKey, TValue> store = Opened ?? await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await store.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<CompareAndSetResult<TValue>> CompareAndSetAsync(TKey key, Revision expected, TValue value, CancellationToken cancellationToken = default)
    {
        DatabaseStore<TKey, TValue> store = Opened ?? await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await store.CompareAndSetAsync(key, expected, value, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<StoreEntry<TValue>> UpdateAsync(TKey key, Func<StoreEntry<TValue>, TValue> update, CancellationToken cancellationToken = default)
    {
        DatabaseStore<TKey, TValue> store = Opened ?? await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await store.UpdateAsync(key, update, cancellationToken).ConfigureAwait(false);
    }

    public IAsyncEnumerable<StoreChange<TKey, TValue>> WatchAsync(Revision? after = null, CancellationToken cancellationToken = default) =>
        Opened is { } store ? store.WatchAsync(after, cancellationToken) : OpenAndWatchAsync(after, cancellationToken);

    // Where the database is not open yet, "from now" is from when it is.
    private async IAsyncEnumerable<StoreChange<TKey, TValue>> OpenAndWatchAsync(Revision? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        DatabaseStore<TKey, TValue> store = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await foreach (StoreChange<TKey, TValue> change in store.WatchAsync(after, cancellationToken).ConfigureAwait(false))
        {
            yield return change;
        }
    }

    private async ValueTask<DatabaseStore<TKey, TValue>> OpenAsync(CancellationToken cancellationToken)
    {
        Database database = await accessor.OpenAsync(cancellationToken).ConfigureAwait(false);
        return _store = database.Store<TKey, TValue>(name);
    }
}
