using DataIntensive.Consumers;

namespace DataIntensive.DependencyInjection;

internal sealed class LazyCheckpointStore(DatabaseAccessor accessor) : ICheckpointStore, IDatabaseCheckpoints
{
    public async ValueTask<LogPosition> ReadAsync(string consumer, CancellationToken cancellationToken = default)
    {
        DatabaseCheckpointStore checkpoints = await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await checkpoints.ReadAsync(consumer, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask SaveAsync(string consumer, LogPosition position, CancellationToken cancellationToken = default)
    {
        DatabaseCheckpointStore checkpoints = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await checkpoints.SaveAsync(consumer, position, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask ResetAsync(string consumer, LogPosition position, CancellationToken cancellationToken = default)
    {
        DatabaseCheckpointStore checkpoints = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await checkpoints.ResetAsync(consumer, position, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<DatabaseCheckpointStore> OpenAsync(CancellationToken cancellationToken) =>
        (await accessor.OpenAsync(cancellationToken).ConfigureAwait(false)).Checkpoints();
}
