namespace DataIntensive.Logs;

/// <summary>How far the recovery of a log has come.</summary>
/// <param name="BytesRead">How many bytes were read and checked.</param>
/// <param name="BytesTotal">How many there are.</param>
public readonly record struct LogRecoveryProgress(long BytesRead, long BytesTotal);
