namespace DataIntensive.Logs;

/// <summary>What one <see cref="CommitLog.CompactAsync"/> did.</summary>
/// <param name="SegmentsRead">How many segments were looked at.</param>
/// <param name="SegmentsReplaced">How many of them were written anew.</param>
/// <param name="SegmentsWritten">Into how many new ones.</param>
/// <param name="RecordsRemoved">How many records are gone.</param>
/// <param name="BytesFreed">How much smaller the files are in all.</param>
/// <param name="IsComplete">False when segments that are worth it were left for another call.</param>
public sealed record LogCompactionReport(int SegmentsRead, int SegmentsReplaced, int SegmentsWritten, long RecordsRemoved, long BytesFreed, bool IsComplete);
