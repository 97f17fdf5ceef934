using DataIntensive.Events;

namespace DataIntensive;

/// <summary>Fold snapshots in memory, of a bounded number: past it, those that were written longest ago are forgotten.</summary>
public sealed class InMemoryFoldSnapshotStore : IFoldSnapshotStore
{
    private readonly Lock _gate = new();
    private readonly int _capacity;
    private readonly SortedDictionary<string, (byte[] Data, long Written)> _snapshots = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedSet<string>> _byFold = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, (string Fold, string Name)> _byAge = [];
    private long _written;

    /// <summary>Makes one.</summary>
    /// <param name="capacity">How many snapshots it keeps at most. Default 10,000; from 1.</param>
    public InMemoryFoldSnapshotStore(int capacity = 10_000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
    }

    /// <summary>How many snapshots are kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _snapshots.Count;
            }
        }
    }

    /// <inheritdoc />
    public ValueTask<FoldSnapshot?> ReadAsync(FoldSnapshotKey key, long upToVersion, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string stamp = FoldSnapshotName.OfStamp(key);
        lock (_gate)
        {
            string? name = _byFold.GetValueOrDefault(FoldSnapshotName.OfFold(key))?
                .Where(name => FoldSnapshotName.StampOf(name).SequenceEqual(stamp) && FoldSnapshotName.VersionOf(name) <= upToVersion)
                .LastOrDefault();
            return new ValueTask<FoldSnapshot?>(name is null ? null : new FoldSnapshot(FoldSnapshotName.VersionOf(name), _snapshots[name].Data));
        }
    }

    /// <inheritdoc />
    public ValueTask SaveAsync(FoldSnapshotKey key, FoldSnapshot snapshot, int kept, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentOutOfRangeException.ThrowIfLessThan(kept, 1);
        cancellationToken.ThrowIfCancellationRequested();
        string fold = FoldSnapshotName.OfFold(key);
        string name = FoldSnapshotName.Of(key, snapshot.Version);
        lock (_gate)
        {
            Remove(fold, name);
            _snapshots.Add(name, (snapshot.Data.ToArray(), ++_written));
            _byAge.Add(_written, (fold, name));
            if (!_byFold.TryGetValue(fold, out SortedSet<string>? names))
            {
                _byFold.Add(fold, names = new SortedSet<string>(StringComparer.Ordinal));
            }

            names.Add(name);
            List<string> superseded = [.. FoldSnapshotRetention.Superseded(names.Select(other => (other, _snapshots[other].Written)), FoldSnapshotName.StampOf(name).ToString(), kept)];
            superseded.ForEach(other => Remove(fold, other));
            while (_snapshots.Count > _capacity)
            {
                (string Fold, string Name) oldest = _byAge.First().Value;
                Remove(oldest.Fold, oldest.Name);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask DeleteAsync(FoldSnapshotKey key, long version, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            Remove(FoldSnapshotName.OfFold(key), FoldSnapshotName.Of(key, version));
        }

        return ValueTask.CompletedTask;
    }

    private void Remove(string fold, string name)
    {
        if (!_snapshots.Remove(name, out (byte[] Data, long Written) removed))
        {
            return;
        }

        _byAge.Remove(removed.Written);
        SortedSet<string> names = _byFold[fold];
        names.Remove(name);
        if (names.Count == 0)
        {
            _byFold.Remove(fold);
        }
    }
}
