namespace DataIntensive.Tests.Events;

/// <summary>Saves nothing before it is released, or fails then.</summary>
internal sealed class BlockedSnapshotStore(Exception? failure = null) : IFoldSnapshotStore, IAsyncDisposable
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => _released.TrySetResult();

    public ValueTask<FoldSnapshot?> ReadAsync(FoldSnapshotKey key, long upToVersion, CancellationToken cancellationToken = default) => new((FoldSnapshot?)null);

    public async ValueTask SaveAsync(FoldSnapshotKey key, FoldSnapshot snapshot, int kept, CancellationToken cancellationToken = default)
    {
        await _released.Task;
        if (failure is not null)
        {
            throw failure;
        }
    }

    public ValueTask DeleteAsync(FoldSnapshotKey key, long version, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        Release();
        return ValueTask.CompletedTask;
    }
}
