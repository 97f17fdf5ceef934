namespace DataIntensive;

/// <summary>
/// A transaction was open longer than <see cref="DatabaseOptions.MaxSnapshotAge"/>, so what it reads is no longer kept. Nothing was
/// written. Begin another.
/// </summary>
public sealed class SnapshotTooOldException : DataIntensiveException
{
    internal SnapshotTooOldException(LogPosition snapshot, TimeSpan maxAge)
        : base($"The transaction reads position {snapshot} and was open longer than {maxAge}: what it would read is no longer kept.")
    {
        Snapshot = snapshot;
        MaxAge = maxAge;
    }

    /// <summary>The position that it read.</summary>
    public LogPosition Snapshot { get; }

    /// <summary>How long it may be open.</summary>
    public TimeSpan MaxAge { get; }
}
