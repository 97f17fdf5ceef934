namespace DataIntensive.DependencyInjection;

internal sealed class LazyFoldSnapshotStore(DatabaseAccessor accessor) : IFoldSnapshotStore
{
    public async ValueTask<FoldSnapshot?> ReadAsync(FoldSnapshotKey key, long upToVersion, CancellationToken cancellationToken = default)
    {
        Database database = await accessor.OpenAsync(cancellationToken).ConfigureAwait(false);
        return await database.FoldSnapshots().ReadAsync(key, upToVersion, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask SaveAsync(FoldSnapshotKey key, FoldSnapshot snapshot, int kept, CancellationToken cancellationToken = default)
    {
        Database database = await accessor.OpenAsync(cancellationToken).ConfigureAwait(false);
        await database.FoldSnapshots().SaveAsync(key, snapshot, kept, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DeleteAsync(FoldSnapshotKey key, long version, CancellationToken cancellationToken = default)
    {
        Database database = await accessor.OpenAsync(cancellationToken).ConfigureAwait(false);
        await database.FoldSnapshots().DeleteAsync(key, version, cancellationToken).ConfigureAwait(false);
    }
}
