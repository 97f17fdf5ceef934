namespace DataIntensive;

/// <summary>Whose snapshots: those of one fold of one stream, under one stamp.</summary>
/// <param name="Store">The name of the event store; empty when it has none.</param>
/// <param name="Tenant">Whose events; empty for the event store's own.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Fold">What the fold is called.</param>
/// <param name="Stamp">What the program was like that took it, as a hash. Programs with different stamps never see each other's snapshots.</param>
public readonly record struct FoldSnapshotKey(string Store, string Tenant, StreamId Stream, string Fold, string Stamp);
