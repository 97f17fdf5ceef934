namespace DataIntensive.DependencyInjection;

internal sealed class LazyCheckpointStore(DatabaseAccessor accessor) : ICheckpointStore
{
    public async ValueTask<LogPosition> ReadAsync(string consumer, CancellationToken cancellationToken = default)
    {
        Database database = await accessor.OpenAsync(cancellationToken).ConfigureAwait(false);
        return await database.Checkpoints().ReadAsync(consumer, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask SaveAsync(string consumer, LogPosition position, CancellationToken cancellationToken = default)
    {
        Database database = await accessor.OpenAsync(cancellationToken).ConfigureAwait(false);
        await database.Checkpoints().SaveAsync(consumer, position, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask ResetAsync(string consumer, LogPosition position, CancellationToken cancellationToken = default)
    {
        Database database = await accessor.OpenAsync(cancellationToken).ConfigureAwait(false);
        await database.Checkpoints().ResetAsync(consumer, position, cancellationToken).ConfigureAwait(false);
    }
}
