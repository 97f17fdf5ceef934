using DataIntensive.Diagnostics;
using DataIntensive.Events;

namespace DataIntensive;

public sealed partial class FoldSnapshots<TState>
{
    // Without a point, the snapshot of that version is taken away.
    private bool TryQueue(in FoldSnapshotKey key, FoldPoint<TState>? point, long version)
    {
        lock (_gate)
        {
            if (_waiting.Count == _options.QueueLength)
            {
                Interlocked.Increment(ref _skipped);
                return false;
            }

            _waiting.Enqueue((key, point, version));
            if (!_isWriting)
            {
                _isWriting = true;
                _writing = Task.Run(WriteAllAsync);
            }

            return true;
        }
    }

    // Ends when nothing waits, so that nobody has to stop it.
    private async Task WriteAllAsync()
    {
        while (TryTake(out (FoldSnapshotKey Key, FoldPoint<TState>? Point, long Version) next))
        {
            try
            {
                await WriteAsync(next.Key, next.Point, next.Version).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                // A full or closed database, a state that its codec does not take: the stream is read from further back, and that is all.
                Interlocked.Increment(ref _skipped);
                LogMessages.FoldSnapshotFailed(_logger, Name, next.Key.Stream.Value, exception);
            }
        }
    }

    private bool TryTake(out (FoldSnapshotKey Key, FoldPoint<TState>? Point, long Version) next)
    {
        lock (_gate)
        {
            return _isWriting = _waiting.TryDequeue(out next);
        }
    }

    private async ValueTask WriteAsync(FoldSnapshotKey key, FoldPoint<TState>? point, long version)
    {
        if (point is null)
        {
            await _store.DeleteAsync(key, version).ConfigureAwait(false);
            return;
        }

        await _store.SaveAsync(key, new FoldSnapshot(version, FoldSnapshotFormat.Write(point, _codec)), _options.KeptPerStream).ConfigureAwait(false);
        Interlocked.Increment(ref _written);
        _metrics.SnapshotsWritten.Add(1);
    }
}
