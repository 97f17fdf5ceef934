namespace DataIntensive.Logs;

/// <summary>What opening a log found.</summary>
/// <param name="WasClosed">Whether the log had been closed properly, so that its end is proven.</param>
/// <param name="LastPosition">The newest record kept.</param>
/// <param name="Segments">How many segment files there are.</param>
/// <param name="TornBytes">How many bytes of an unfinished write were cut from the end; 0 when there were none.</param>
/// <param name="TornFile">The file that was cut; null when none was.</param>
/// <param name="TornOffset">Where in it the cut is.</param>
/// <param name="KeptAside">The file that holds the bytes that were cut; null when none were, or when the log was opened to read.</param>
public sealed record LogRecoveryReport(
    bool WasClosed,
    LogPosition LastPosition,
    int Segments,
    long TornBytes = 0,
    string? TornFile = null,
    long TornOffset = 0,
    string? KeptAside = null);
