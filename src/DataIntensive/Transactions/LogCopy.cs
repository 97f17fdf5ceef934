using DataIntensive.Logs;

namespace DataIntensive.Transactions;

// Copies whole commits to a new log, with their positions and times.
internal static class LogCopy
{
    private const int MostCommitBytes = 512 * 1024 * 1024;
    private const int MostUnderWay = 256;

    public static async Task<LogPosition> RunAsync(
        ICommitLog source,
        string directory,
        LogPosition upTo,
        DateTimeOffset upToTime,
        LogBatch? last,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        CopyClock clock = new(time);
        CommitLog target = await CommitLog.OpenAsync(directory, new CommitLogOptions { MaxCommitBytes = MostCommitBytes, TimeProvider = clock }, cancellationToken).ConfigureAwait(false);
        await using (target.ConfigureAwait(false))
        {
            LogPosition copied = await CopyAsync(source, target, clock, upTo, upToTime, cancellationToken).ConfigureAwait(false);
            if (copied == LogPosition.Start)
            {
                throw new InvalidOperationException("There is no commit to copy.");
            }

            if (last is not null)
            {
                clock.Time = null;
                await target.AppendAsync(last, cancellationToken: cancellationToken).ConfigureAwait(false);
            }

            return copied;
        }
    }

    private static async Task<LogPosition> CopyAsync(ICommitLog source, CommitLog target, CopyClock clock, LogPosition upTo, DateTimeOffset upToTime, CancellationToken cancellationToken)
    {
        LogPosition copied = LogPosition.Start;
        LogBatch batch = new();
        List<Task<LogPosition>> underWay = [];
        using LogReader reader = source.OpenReader();
        while (reader.TryRead(out LogRecord record) && record.Position <= upTo && record.Timestamp <= upToTime)
        {
            if (record.RemovedBefore > 0)
            {
                throw new InvalidOperationException($"The log was compacted before position {record.Position}: what is left has no place in a new log.");
            }

            batch.Add(record.Tag, record.Body.Span);
            if (!record.EndsCommit)
            {
                continue;
            }

            if (clock.Time != record.Timestamp || underWay.Count == MostUnderWay)
            {
                // A frame has one time, so what has another goes to the next.
                await Task.WhenAll(underWay).ConfigureAwait(false);
                underWay.Clear();
                clock.Time = record.Timestamp;
                cancellationToken.ThrowIfCancellationRequested();
            }

            underWay.Add(target.AppendAsync(batch, Durability.Os, CancellationToken.None).AsTask());
            batch.Clear();
            copied = record.Position;
        }

        await Task.WhenAll(underWay).ConfigureAwait(false);
        return target.Range.End == copied
            ? copied
            : throw new InvalidOperationException($"The copy ends at position {target.Range.End} instead of {copied}: the log to be copied does not begin with its first record.");
    }
}
