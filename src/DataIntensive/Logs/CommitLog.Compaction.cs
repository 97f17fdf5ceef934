using DataIntensive.Logs;

namespace DataIntensive;

// Compaction writes what is alive of old segments into a file beside them, and lets it stand for them by writing its header, last.
// Appends go on meanwhile: they never touch a sealed segment.
public sealed partial class CommitLog
{
    // Trimming and compaction take turns.
    private readonly SemaphoreSlim _maintenance = new(1);

    /// <summary>
    /// Removes records that are no longer needed from old segments: reads those, and writes anew what is alive of the ones in which
    /// little is. Positions stay; readers are told what was removed (<see cref="LogRecord.RemovedBefore"/>).
    /// </summary>
    /// <remarks>
    /// <para>A commit loses the records that are not alive and keeps the others, so its owner must be able to do without the removed
    /// ones. The last record that is left of a commit ends it.</para>
    /// <para>One step takes at most <see cref="CommitLogOptions.SegmentBytes"/> of extra disk, until the old files are deleted. A crash
    /// at any point leaves either the old segments or the new one. The segment that is written to now stays as it is.</para>
    /// </remarks>
    /// <param name="isAlive">Is asked for each record, from a thread of the pool, once or twice. A record that is not alive must never be again.</param>
    /// <param name="options">How far to go; null for the defaults.</param>
    /// <param name="cancellationToken">Stops between records; what was finished stays finished.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="LogFullException">There is no space for the new file. Nothing was changed.</exception>
    /// <exception cref="LogCorruptException">A segment is damaged. It was left as it is.</exception>
    public async ValueTask<LogCompactionReport> CompactAsync(LogLiveness isAlive, LogCompactionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(isAlive);
        await _maintenance.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => new LogCompaction(this, _storage, isAlive, options ?? new LogCompactionOptions(), cancellationToken).Run(), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _maintenance.Release();
        }
    }

    internal CommitLogOptions Options => _options;

    internal long Epoch => _epoch;

    internal Guid LogId => _manifest.LogId;

    internal void ThrowIfUnusable()
    {
        lock (_gate)
        {
            ThrowIfUnusable_NeedsLock();
        }
    }

    // The old files go when readers can no longer find them; a reader that is in one keeps it open. What it finds there is kept no more.
    internal void Replace(LogSegment[] old, LogSegment compacted)
    {
        Cache?.Close();
        lock (_gate)
        {
            int at = Array.IndexOf(_segments, old[0]);
            _segments = [.. _segments[..at], compacted, .. _segments[(at + old.Length)..]];
        }

        Cache?.Reopen();

        foreach (LogSegment segment in old)
        {
            _storage.Delete(segment.Name);
            _storage.Delete(segment.IndexName);
            segment.Leave();
        }

        _storage.FlushNames();
    }

    internal void PoisonBy(Exception failure)
    {
        Poison(failure);
        RefuseWhatWasNeverWritten();
    }
}
