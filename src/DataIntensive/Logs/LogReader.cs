namespace DataIntensive.Logs;

/// <summary>
/// Reads a log from a position, forward and backward, and follows it. It stands between two records, behind <see cref="Position"/>.
/// Belongs to one caller at a time; it never holds up the writer.
/// </summary>
/// <remarks>
/// <b>Cost.</b> A reader of files keeps memory from a pool until it is disposed: once records were read in order, up to 1 MiB or the
/// largest frame among them; once records were read singly, up to 264 KiB or the largest record among them.
/// </remarks>
public abstract class LogReader : IDisposable
{
    private protected LogReader()
    {
    }

    /// <summary>Where the reader stands: everything up to this position lies before it, removed records too.</summary>
    public LogPosition Position { get; private protected set; }

    /// <summary>Reads the next record when there is one now.</summary>
    /// <param name="record">The record; its body is valid until the next call or <see cref="Dispose()"/>.</param>
    /// <exception cref="LogCorruptException">The files are damaged there.</exception>
    /// <exception cref="LogHistoryGoneException">The log has dropped the next record meanwhile.</exception>
    public abstract bool TryRead(out LogRecord record);

    /// <summary>Waits, without polling, until <see cref="TryRead"/> has a record.</summary>
    /// <returns>False when the log was closed and all was read.</returns>
    /// <exception cref="LogPoisonedException">The log failed, and no further record will come.</exception>
    public abstract ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default);

    /// <summary>Moves the reader, so that the next record is the one behind <paramref name="after"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="after"/> lies beyond the end.</exception>
    /// <exception cref="LogHistoryGoneException">Records behind <paramref name="after"/> are no longer kept.</exception>
    public abstract void Seek(LogPosition after);

    /// <summary>
    /// Moves the reader, so that the next record is the first whose <see cref="LogRecord.Timestamp"/> is not before
    /// <paramref name="from"/>, or the next one to come when there is none yet.
    /// </summary>
    /// <param name="from">A time; before the oldest record kept it means that record.</param>
    /// <returns>Where the reader stands then.</returns>
    public abstract LogPosition SeekTime(DateTimeOffset from);

    /// <summary>Reads the record before the one that <see cref="TryRead"/> would read next, and steps back behind it.</summary>
    /// <param name="record">The record; its body is valid until the next call or <see cref="Dispose()"/>.</param>
    /// <returns>False when there is none: the reader stands before the first record kept.</returns>
    /// <exception cref="LogCorruptException">The files are damaged there.</exception>
    public abstract bool TryReadPrevious(out LogRecord record);

    /// <summary>Reads one record, and leaves the reader standing behind it. Only that record is checked, not its frame.</summary>
    /// <remarks>
    /// A log in files may have kept it in memory since it was read and checked last (<see cref="CommitLogOptions.RecordCacheBytes"/>).
    /// </remarks>
    /// <param name="position">Its position.</param>
    /// <param name="record">The record; its body is valid until the next call or <see cref="Dispose()"/>.</param>
    /// <returns>False when compaction has removed it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No record that this reader may read has the position.</exception>
    /// <exception cref="LogHistoryGoneException">The log has dropped it.</exception>
    /// <exception cref="LogCorruptException">The files are damaged there.</exception>
    public abstract bool TryReadAt(LogPosition position, out LogRecord record);

    /// <summary>Gives its buffers back.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    private protected abstract void Dispose(bool disposing);
}
