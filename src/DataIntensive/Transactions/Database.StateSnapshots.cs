using DataIntensive.Diagnostics;
using DataIntensive.Transactions;

namespace DataIntensive;

// State snapshots: what the states were at a position, beside the log, so that opening replays only what stands behind it. Two are
// kept, the newest of which was read back: the log may then lose what both hold.
public sealed partial class Database
{
    private const int KeptStateSnapshots = 2;

    private readonly SemaphoreSlim _maintenance = new(1);
    private readonly CancellationTokenSource _closing = new();
    private Task _backgroundSnapshot = Task.CompletedTask;
    private StateSnapshotFile[] _stateSnapshots = [];
    private long _bytesSinceSnapshot;
    private long _snapshotAfterBytes;

    /// <summary>What opening found and did.</summary>
    public DatabaseRecovery Recovery { get; private set; } = new(default, 0, []);

    // Newest first.
    internal IReadOnlyList<StateSnapshotFile> StateSnapshots => Volatile.Read(ref _stateSnapshots);

    /// <summary>
    /// Writes a state snapshot: all states as they are at one position, beside the log, so that opening reads them and replays only what
    /// came after. Commits go on meanwhile. Written by itself too, see <see cref="DatabaseOptions.StateSnapshotBytes"/>.
    /// </summary>
    /// <param name="cancellationToken">Stops the writing; nothing is left of it.</param>
    /// <returns>The position: of the newest commit that was visible when it began.</returns>
    /// <remarks>
    /// The file counts when it is whole and fsynced, and was read back. The one before is kept, older ones are deleted. Old versions are
    /// kept in memory while it is written.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The log is not in files, or was opened to be read only.</exception>
    /// <exception cref="IOException">It cannot be written, for example because the disk is full. Nothing is left of it.</exception>
    public async Task<LogPosition> SnapshotAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        CommitLog log = WritableLog();
        return await MaintainAsync(stop => Task.Run(() => WriteStateSnapshotAsync(log, stop), stop), cancellationToken).ConfigureAwait(false);
    }

    // State snapshots, trimming, compaction and backups take turns, and end when the database is closed.
    private async Task<T> MaintainAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        try
        {
            await _maintenance.WaitAsync(stop.Token).ConfigureAwait(false);
            try
            {
                return await work(stop.Token).ConfigureAwait(false);
            }
            finally
            {
                _maintenance.Release();
            }
        }
        catch (OperationCanceledException) when (_disposed && !cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(Database));
        }
    }

    private async Task<LogPosition> WriteStateSnapshotAsync(CommitLog log, CancellationToken cancellationToken)
    {
        Interlocked.Exchange(ref _bytesSinceSnapshot, 0);
        OpenSnapshot snapshot = Snapshots.Open(ref _visible, expires: false);
        try
        {
            if (snapshot.Position == LogPosition.Start || StateSnapshots is [{ } newest, ..] && newest.Position == snapshot.Position)
            {
                return snapshot.Position;
            }

            (StateSnapshotFile file, long bytes) = await new StateSnapshotWriting(this, log, cancellationToken).RunAsync(snapshot).ConfigureAwait(false);
            _snapshotAfterBytes = Math.Max(_options.StateSnapshotBytes, bytes);
            StateSnapshotFile[] kept = [.. _stateSnapshots.Prepend(file).Take(KeptStateSnapshots)];
            Volatile.Write(ref _stateSnapshots, kept);
            DeleteSnapshots(log.Storage, StateSnapshotFile.In(log.Storage).Except(kept));
            _metrics.StateSnapshots.Add(1);
            return snapshot.Position;
        }
        finally
        {
            Snapshots.Close(snapshot);
        }
    }

    private static void DeleteSnapshots(IStorage storage, IEnumerable<StateSnapshotFile> files)
    {
        bool any = false;
        foreach (StateSnapshotFile file in files)
        {
            storage.Delete(file.Name);
            any = true;
        }

        if (any)
        {
            storage.FlushNames();
        }
    }

    // The next one is due when the log has grown by as much as the last one took, so that writing them at most doubles what is written.
    private void SnapshotWhenDue()
    {
        if (Volatile.Read(ref _bytesSinceSnapshot) < Volatile.Read(ref _snapshotAfterBytes) || !Volatile.Read(ref _backgroundSnapshot).IsCompleted)
        {
            return;
        }

        lock (_sequencer)
        {
            if (!_disposed && _backgroundSnapshot.IsCompleted && Interlocked.Exchange(ref _bytesSinceSnapshot, 0) >= _snapshotAfterBytes)
            {
                _backgroundSnapshot = Task.Run(SnapshotInBackgroundAsync);
            }
        }
    }

    private async Task SnapshotInBackgroundAsync()
    {
        try
        {
            await SnapshotAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ObjectDisposedException or OperationCanceledException)
        {
            // Closing: the next opening replays a little more.
        }
        catch (Exception exception)
        {
            // The log has everything: only opening takes longer. Tried again when the log has grown as much once more.
            LogMessages.StateSnapshotFailed(_logger, exception);
        }
    }
}
