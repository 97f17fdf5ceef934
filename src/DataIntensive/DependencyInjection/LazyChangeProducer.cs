namespace DataIntensive.DependencyInjection;

internal sealed class LazyChangeProducer<TKey, TRow>(DatabaseAccessor accessor, string table) : IChangeProducer<TKey, TRow>
    where TKey : notnull
{
    public string Table => table;

    public async ValueTask<ChangePosition> InsertAsync(TKey key, TRow row, CancellationToken cancellationToken = default)
    {
        DatabaseChangeProducer<TKey, TRow> producer = await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await producer.InsertAsync(key, row, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ChangePosition> UpdateAsync(TKey key, TRow before, TRow after, CancellationToken cancellationToken = default)
    {
        DatabaseChangeProducer<TKey, TRow> producer = await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await producer.UpdateAsync(key, before, after, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ChangePosition> DeleteAsync(TKey key, TRow before, CancellationToken cancellationToken = default)
    {
        DatabaseChangeProducer<TKey, TRow> producer = await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await producer.DeleteAsync(key, before, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<DatabaseChangeProducer<TKey, TRow>> OpenAsync(CancellationToken cancellationToken)
    {
        Database database = await accessor.OpenAsync(cancellationToken).ConfigureAwait(false);
        return database.Changes<TKey, TRow>(table);
    }
}
