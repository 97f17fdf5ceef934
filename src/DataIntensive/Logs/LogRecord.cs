namespace DataIntensive.Logs;

/// <summary>One record as a <see cref="LogReader"/> gives it.</summary>
/// <param name="Position">Its place.</param>
/// <param name="Tag">What its writer tagged it with: in a database the owner of the record.</param>
/// <param name="Body">Its bytes, valid until the reader is moved or disposed.</param>
/// <param name="EndsCommit">Whether it is the last record of its commit.</param>
/// <param name="Timestamp">When its frame was built, by the log's clock; never going back.</param>
public readonly record struct LogRecord(LogPosition Position, uint Tag, ReadOnlyMemory<byte> Body, bool EndsCommit, DateTimeOffset Timestamp)
{
    // Positive: removed. Negative: lost, or lost and removed.
    internal long Missing { get; init; }

    /// <summary>
    /// How many records between the one that the reader gave before, or where it was set, and this one compaction has removed: the
    /// positions next to it, on the side that the reader comes from.
    /// </summary>
    public long RemovedBefore => Math.Max(0, Missing);

    /// <summary>
    /// The same for records that are lost, in a log that was opened with <see cref="LogOpenMode.Salvage"/>. Removed ones next to lost
    /// ones count as lost.
    /// </summary>
    public long LostBefore => Math.Max(0, -Missing);
}
