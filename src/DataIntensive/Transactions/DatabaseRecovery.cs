namespace DataIntensive.Transactions;

/// <summary>What opening a database found and did.</summary>
/// <param name="SnapshotPosition">The position of the state snapshot that was read; the start when there was none.</param>
/// <param name="RecordsReplayed">How many records of the log were given to states.</param>
/// <param name="IgnoredSnapshots">State snapshots that were passed over, and why: damaged, or ahead of the log.</param>
public sealed record DatabaseRecovery(LogPosition SnapshotPosition, long RecordsReplayed, IReadOnlyList<string> IgnoredSnapshots);
