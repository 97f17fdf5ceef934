namespace DataIntensive.Logs;

/// <summary>One record as a <see cref="LogReader"/> gives it.</summary>
/// <param name="Position">Its place.</param>
/// <param name="Tag">What its writer tagged it with: in a database the owner of the record.</param>
/// <param name="Body">Its bytes, valid until the reader is moved or disposed.</param>
/// <param name="EndsCommit">Whether it is the last record of its commit.</param>
/// <param name="Timestamp">When its frame was built, by the log's clock; never going back.</param>
public readonly record struct LogRecord(LogPosition Position, uint Tag, ReadOnlyMemory<byte> Body, bool EndsCommit, DateTimeOffset Timestamp);
