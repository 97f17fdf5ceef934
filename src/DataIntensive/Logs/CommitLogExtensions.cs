using System.Runtime.CompilerServices;
using DataIntensive.Logs;

namespace DataIntensive;

/// <summary>Appending and reading as most callers want it.</summary>
public static class CommitLogExtensions
{
    /// <summary>Appends the batch as one commit and returns when it is as durable as asked for.</summary>
    /// <param name="log">The log.</param>
    /// <param name="batch">One or more records; may be reused once the call has returned its task.</param>
    /// <param name="durability">What an acknowledged commit survives. Default <see cref="Durability.Disk"/>.</param>
    /// <param name="cancellationToken">Stops the waiting; it never un-writes.</param>
    /// <returns>The position of the last record.</returns>
    /// <exception cref="ArgumentException">The batch is empty, or larger than the log takes.</exception>
    /// <exception cref="LogPoisonedException">A write failed, this one or an earlier one.</exception>
    /// <exception cref="LogFullException">There is no space for it.</exception>
    public static ValueTask<LogPosition> AppendAsync(this ICommitLog log, LogBatch batch, Durability durability = Durability.Disk, CancellationToken cancellationToken = default) =>
        AppenderOf(log).AppendAsync(batch, durability, cancellationToken);

    /// <summary>Appends one record as one commit and returns when it is as durable as asked for.</summary>
    /// <inheritdoc cref="AppendAsync(ICommitLog, LogBatch, Durability, CancellationToken)"/>
    public static ValueTask<LogPosition> AppendAsync(this ICommitLog log, ReadOnlyMemory<byte> record, Durability durability = Durability.Disk, CancellationToken cancellationToken = default) =>
        AppenderOf(log).AppendAsync(record.Span, durability, cancellationToken);

    /// <summary>Reads the records behind a position, then follows the log until cancelled or closed.</summary>
    /// <param name="log">The log.</param>
    /// <param name="after">The last position that is already known; <c>default</c> for all.</param>
    /// <param name="follow">False: end at the newest record instead of waiting for more. Default true.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Fsynced records; the body of each is valid until the next step.</returns>
    public static async IAsyncEnumerable<LogRecord> ReadAsync(this ICommitLog log, LogPosition after = default, bool follow = true, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(log);
        using LogReader reader = log.OpenReader(after);
        do
        {
            while (reader.TryRead(out LogRecord record))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return record;
            }
        }
        while (follow && await reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false));
    }

    private static LogAppender AppenderOf(ICommitLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return log switch
        {
            CommitLog files => files.Appender,
            MemoryCommitLog memory => memory.Appender,
            _ => new LogAppender(log),
        };
    }
}
