using DataIntensive.Events;

namespace DataIntensive;

/// <summary>Fold snapshots in a database: they count towards its memory, and are gone on from after it is opened again.</summary>
public sealed class DatabaseFoldSnapshotStore : IFoldSnapshotStore
{
    // Names that begin with $ are the library's own.
    internal const string StoreName = "$fold-snapshots";

    private readonly DatabaseStore<string, byte[]> _snapshots;

    internal DatabaseFoldSnapshotStore(Database database)
    {
        Database = database;
        _snapshots = database.Store<string, byte[]>(StoreName);
    }

    internal Database Database { get; }

    /// <inheritdoc />
    public ValueTask<FoldSnapshot?> ReadAsync(FoldSnapshotKey key, long upToVersion, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        KeyRange<string> range = KeyRange.StartingWith(FoldSnapshotName.OfStamp(key));
        IReadOnlyList<KeyValuePair<string, StoreEntry<byte[]>>> entries = Database.Read(transaction => _snapshots.In(transaction).ReadRange(range));
        foreach ((string name, StoreEntry<byte[]> entry) in entries.Reverse())
        {
            if (FoldSnapshotName.VersionOf(name) is var version && version <= upToVersion)
            {
                return new ValueTask<FoldSnapshot?>(new FoldSnapshot(version, entry.Value));
            }
        }

        return new ValueTask<FoldSnapshot?>((FoldSnapshot?)null);
    }

    /// <inheritdoc />
    public async ValueTask SaveAsync(FoldSnapshotKey key, FoldSnapshot snapshot, int kept, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentOutOfRangeException.ThrowIfLessThan(kept, 1);
        string fold = FoldSnapshotName.OfFold(key);
        string name = FoldSnapshotName.Of(key, snapshot.Version);
        byte[] data = snapshot.Data.ToArray();

        // No fsync of its own: what a power cut takes is made again.
        await Database.ExecuteAsync(
            transaction =>
            {
                StoreTransaction<string, byte[]> store = _snapshots.In(transaction);
                store.Write(name, data);
                IEnumerable<(string, long)> written = store.ReadRange(KeyRange.StartingWith(fold)).Select(entry => (entry.Key, entry.Value.Revision.Value));
                foreach (string superseded in FoldSnapshotRetention.Superseded(written, FoldSnapshotName.StampOf(name).ToString(), kept).ToList())
                {
                    store.Delete(superseded);
                }
            },
            Durability.Os,
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask DeleteAsync(FoldSnapshotKey key, long version, CancellationToken cancellationToken = default) =>
        await _snapshots.DeleteAsync(FoldSnapshotName.Of(key, version), cancellationToken).ConfigureAwait(false);
}
