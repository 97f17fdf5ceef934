namespace DataIntensive.Logs;

internal readonly record struct SegmentIndexEntry(long FirstPosition, long Offset, long TimeMicros);
