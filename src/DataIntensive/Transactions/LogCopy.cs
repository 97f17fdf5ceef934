using DataIntensive.Logs;
using DataIntensive.Storage;

namespace DataIntensive.Transactions;

// Copies a log up to the end of a commit, with its positions and times, and the state snapshots that it needs. Segments that are done
// with are copied as files; what stands behind them commit by commit, through all checks of reading. Opening the copy reads it all.
internal sealed class LogCopy(ICommitLog source, string directory, TimeProvider time, CancellationToken cancellationToken)
{
    private const int MostCommitBytes = 512 * 1024 * 1024;
    private const int MostUnderWay = 256;

    private readonly CopyClock _clock = new(time);

    // The last thing that the copy gets, with the time of the copying; null for none.
    public LogBatch? Last { get; init; }

    public async Task<LogPosition> RunAsync(LogPosition upTo, DateTimeOffset upToTime)
    {
        LogPosition end = EndAt(upTo, upToTime);
        if (source is CommitLog log)
        {
            await Task.Run(() => CopyFiles(log, end), cancellationToken).ConfigureAwait(false);
        }

        CommitLog target = await CommitLog.OpenAsync(directory, new CommitLogOptions { MaxCommitBytes = MostCommitBytes, TimeProvider = _clock }, cancellationToken).ConfigureAwait(false);
        await using (target.ConfigureAwait(false))
        {
            LogPosition copied = await CopyCommitsAsync(target, end).ConfigureAwait(false);
            if (copied < target.Range.First)
            {
                throw new InvalidOperationException("There is no commit to copy.");
            }

            if (Last is not null)
            {
                _clock.Time = null;
                await target.AppendAsync(Last, cancellationToken: cancellationToken).ConfigureAwait(false);
            }

            return copied;
        }
    }

    private LogPosition EndAt(LogPosition upTo, DateTimeOffset upToTime)
    {
        if (upToTime == DateTimeOffset.MaxValue)
        {
            return upTo;
        }

        using LogReader reader = source.OpenReader(new LogPosition(source.Range.First.Value - 1), Durability.Os);
        LogPosition inTime = reader.SeekTime(upToTime.AddTicks(1));
        return inTime < upTo ? inTime : upTo;
    }

    private void CopyFiles(CommitLog log, LogPosition end)
    {
        using FileStorage target = new(directory);
        target.Lock().Dispose();
        LogFilesCopy files = new(log, target, cancellationToken);
        files.Run(end);
        LogPosition? oldest = null;
        bool any = false;
        foreach (StateSnapshotFile snapshot in StateSnapshotFile.In(log.Storage))
        {
            oldest = snapshot.Position;
            any |= snapshot.Position <= end && TryCopy(files, log, snapshot);
        }

        if (!any && (log.Range.First.Value > 1 || log.Segments.Any(segment => segment.Header.Generation > 0)))
        {
            throw new LogHistoryGoneException(end, oldest ?? log.Range.Visible);
        }

        target.FlushNames();
    }

    // A database beside may have written newer ones, and deleted this one.
    private static bool TryCopy(LogFilesCopy files, CommitLog log, StateSnapshotFile snapshot)
    {
        try
        {
            using IStorageFile file = log.Storage.Open(snapshot.Name, StorageOpenMode.Read);
            files.Copy(snapshot.Name, file, file.Length);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private async Task<LogPosition> CopyCommitsAsync(CommitLog target, LogPosition end)
    {
        LogPosition copied = target.Range.End;
        LogBatch batch = new();
        List<Task<LogPosition>> underWay = [];
        using LogReader reader = source.OpenReader(copied, Durability.Os);
        while (reader.Position < end && reader.TryRead(out LogRecord record) && record.Position <= end)
        {
            if (record.RemovedBefore > 0)
            {
                throw new LogHistoryGoneException(end, record.Position);
            }

            batch.Add(record.Tag, record.Body.Span);
            if (!record.EndsCommit)
            {
                continue;
            }

            if (_clock.Time != record.Timestamp || underWay.Count == MostUnderWay)
            {
                // A frame has one time, so what has another goes to the next.
                await Task.WhenAll(underWay).ConfigureAwait(false);
                underWay.Clear();
                _clock.Time = record.Timestamp;
                cancellationToken.ThrowIfCancellationRequested();
            }

            underWay.Add(target.AppendAsync(batch, Durability.Os, CancellationToken.None).AsTask());
            batch.Clear();
            copied = record.Position;
        }

        await Task.WhenAll(underWay).ConfigureAwait(false);
        return target.Range.End == copied
            ? copied
            : throw new InvalidOperationException($"The copy ends at position {target.Range.End} instead of {copied}.");
    }
}
