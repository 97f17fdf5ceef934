namespace DataIntensive;

/// <summary>One reason why an append was refused: what was expected, and what was found.</summary>
/// <param name="Kind">What did not hold.</param>
/// <param name="Stream">The stream; the default for a condition over a query.</param>
/// <param name="Expected">What was expected of the stream.</param>
/// <param name="Actual">The stream's version as it was found; 0 when it was never written, and for a condition.</param>
/// <param name="Status">The stream's status as it was found.</param>
/// <param name="Position">For a condition, the first event that it rules out; otherwise the default.</param>
public readonly record struct AppendConflict(
    AppendConflictKind Kind,
    StreamId Stream,
    ExpectedVersion Expected,
    long Actual,
    StreamStatus Status,
    EventPosition Position)
{
    // Why a stream of a status does not take what was asked of it.
    internal static AppendConflictKind KindOf(StreamStatus status, bool writes) => status switch
    {
        StreamStatus.Tombstoned when writes => AppendConflictKind.Tombstone,
        StreamStatus.Archived when writes => AppendConflictKind.Archived,
        _ => AppendConflictKind.Version,
    };

    /// <summary>Returns a sentence for people.</summary>
    public override string ToString() => Kind switch
    {
        AppendConflictKind.Tombstone => $"The stream '{Stream}' has a tombstone at version {Actual}.",
        AppendConflictKind.Archived => $"The stream '{Stream}' is archived at version {Actual}.",
        AppendConflictKind.Condition => $"The event at position {Position} is one that the condition rules out.",
        AppendConflictKind.EventIds => $"Some of the event ids are in the stream '{Stream}' already, and not as these events in this order.",
        _ when Status == StreamStatus.Deleted => $"The stream '{Stream}' was deleted at version {Actual}, expected was {Expected}.",
        _ => $"The stream '{Stream}' is at version {Actual}, expected was {Expected}.",
    };
}
