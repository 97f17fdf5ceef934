namespace DataIntensive.Logs;

/// <summary>Reads a log forward from a position, and follows it. Belongs to one caller at a time.</summary>
public abstract class LogReader : IDisposable
{
    private protected LogReader()
    {
    }

    /// <summary>The position of the last record that was read, or the one it was opened after.</summary>
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
    public abstract void Seek(LogPosition after);

    /// <summary>Gives its buffers back.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    private protected abstract void Dispose(bool disposing);
}
