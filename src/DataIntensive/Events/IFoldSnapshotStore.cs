namespace DataIntensive;

/// <summary>Where states of streams are kept, so that a long stream need not be read from its first event.</summary>
/// <remarks>Every member may be called from any thread. What is lost here costs time and nothing else.</remarks>
public interface IFoldSnapshotStore
{
    /// <summary>Returns the newest snapshot at or before a version; null when there is none.</summary>
    ValueTask<FoldSnapshot?> ReadAsync(FoldSnapshotKey key, long upToVersion, CancellationToken cancellationToken = default);

    /// <summary>
    /// Keeps a snapshot, in place of one of the same version, and forgets what is no longer of use: all of this key but the newest, and of
    /// other stamps all but the newest of each of the two that were written last.
    /// </summary>
    /// <param name="key">Whose.</param>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="kept">How many of this key are kept, from 1.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    ValueTask SaveAsync(FoldSnapshotKey key, FoldSnapshot snapshot, int kept, CancellationToken cancellationToken = default);

    /// <summary>Forgets one snapshot; nothing happens when it is not there.</summary>
    ValueTask DeleteAsync(FoldSnapshotKey key, long version, CancellationToken cancellationToken = default);
}
