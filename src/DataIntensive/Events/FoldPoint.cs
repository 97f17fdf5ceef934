namespace DataIntensive.Events;

// A state and where it stands. FirstVersion: the oldest event that was not hidden then: events that were hidden since are to have no part
// in the state, so it is not gone on from when that has changed.
internal sealed record FoldPoint<TState>(TState State, long Version, long FirstVersion)
{
    // The last event that was folded. It stands before Version when what follows was upcast to nothing; 0 when there was none.
    public long LastVersion { get; init; }

    public EventPosition LastPosition { get; init; }

    public DateTimeOffset LastTime { get; init; }

    // Where the newest snapshot stands that is known of: the version, 0 for none, and the time from which the next is reckoned.
    public long SnapshotVersion { get; init; }

    public DateTimeOffset SnapshotTime { get; init; }

    // It comes from elsewhere, and is gone on from only when the stream has the event that it says was its last: the stream may be another
    // since, restored from a backup and grown differently.
    public bool NeedsProof { get; init; }

    public FoldPoint<TOther> With<TOther>(TOther state) => new(state, Version, FirstVersion)
    {
        LastVersion = LastVersion,
        LastPosition = LastPosition,
        LastTime = LastTime,
        SnapshotVersion = SnapshotVersion,
        SnapshotTime = SnapshotTime,
        NeedsProof = NeedsProof,
    };
}
