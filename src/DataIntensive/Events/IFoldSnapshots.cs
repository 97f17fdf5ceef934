namespace DataIntensive.Events;

// Where a folder finds states to go on from, and to whom it shows those that it has.
internal interface IFoldSnapshots<TState>
{
    ValueTask<FoldPoint<TState>?> FindAsync(FoldSource source, Type eventType, StreamId stream, long upToVersion, CancellationToken cancellationToken);

    // Returns the point as it is to be remembered.
    FoldPoint<TState> Consider(FoldSource source, Type eventType, StreamId stream, FoldPoint<TState> point, bool sawNamedEvent);

    bool IsNamed(string eventName);
}
