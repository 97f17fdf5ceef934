using DataIntensive.Events;

namespace DataIntensive;

/// <summary>Keeps the states of aggregates, so that a long stream need not be read from its first event.</summary>
/// <typeparam name="TAggregate">The type of the aggregates.</typeparam>
public sealed class AggregateSnapshots<TAggregate>
    where TAggregate : Aggregate, new()
{
    private AggregateSnapshots(IFoldSnapshots<TAggregate> source) => Source = source;

    internal IFoldSnapshots<TAggregate> Source { get; }

    /// <summary>Says how an aggregate and its kept state are made of each other.</summary>
    /// <typeparam name="TState">The type of the kept state.</typeparam>
    /// <param name="snapshots">Where and when states are kept.</param>
    /// <param name="capture">Makes a state of an aggregate, which later changes of the aggregate do not touch.</param>
    /// <param name="restore">Puts a state into a new aggregate.</param>
    public static AggregateSnapshots<TAggregate> Of<TState>(FoldSnapshots<TState> snapshots, Func<TAggregate, TState> capture, Action<TAggregate, TState> restore)
    {
        ArgumentNullException.ThrowIfNull(snapshots);
        ArgumentNullException.ThrowIfNull(capture);
        ArgumentNullException.ThrowIfNull(restore);
        return new AggregateSnapshots<TAggregate>(new Captured<TState>(snapshots, capture, restore));
    }

    private sealed class Captured<TState>(IFoldSnapshots<TState> inner, Func<TAggregate, TState> capture, Action<TAggregate, TState> restore) : IFoldSnapshots<TAggregate>
    {
        public async ValueTask<FoldPoint<TAggregate>?> FindAsync(FoldSource source, Type eventType, StreamId stream, long upToVersion, CancellationToken cancellationToken)
        {
            FoldPoint<TState>? found = await inner.FindAsync(source, eventType, stream, upToVersion, cancellationToken).ConfigureAwait(false);
            if (found is null)
            {
                return null;
            }

            TAggregate aggregate = new();
            restore(aggregate, found.State);
            return found.With(aggregate);
        }

        public FoldPoint<TAggregate> Consider(FoldSource source, Type eventType, StreamId stream, FoldPoint<TAggregate> point, bool sawNamedEvent) =>
            inner.Consider(source, eventType, stream, point.With(capture(point.State)), sawNamedEvent).With(point.State);

        public bool IsNamed(string eventName) => inner.IsNamed(eventName);
    }
}
