using System.Diagnostics;
using DataIntensive.Diagnostics;

namespace DataIntensive.Events;

// Folds streams: from a state that is kept, where there is one to go on from, or from the first event. The result is the same.
internal sealed class StreamFolder<TState, TEvent>(
    IEventStore store,
    Func<TState> initial,
    Func<TState, TEvent, TState> evolve,
    FoldCache<TState>? cache,
    IFoldSnapshots<TState>? snapshots)
    where TEvent : notnull
{
    private static readonly EventReadOptions Newest = new();

    // As it is now. Known: a state of this stream that the caller has from here.
    public async ValueTask<(FoldPoint<TState> Point, StreamInfo Info)> LoadAsync(StreamId stream, FoldPoint<TState>? known, CancellationToken cancellationToken)
    {
        stream.ThrowIfDefault(nameof(stream));
        FoldSource source = FoldSource.Of(await DatabaseEvents.OfAsync(store, cancellationToken).ConfigureAwait(false));
        Folding folding = await FoldAsync(source, stream, known ?? cache?.Find(source, stream), Newest, long.MaxValue, cancellationToken).ConfigureAwait(false);
        FoldPoint<TState> point = folding.Point!;
        if (folding.Info.Exists && point.LastVersion > 0)
        {
            point = snapshots?.Consider(source, typeof(TEvent), stream, point, folding.SawNamedEvent) ?? point;
            cache?.Put(source, stream, point);
        }

        return (point, folding.Info);
    }

    // As it was then.
    public async ValueTask<(FoldPoint<TState> Point, StreamInfo Info)> LoadAsync(StreamId stream, EventReadOptions asOf, CancellationToken cancellationToken)
    {
        stream.ThrowIfDefault(nameof(stream));
        FoldSource source = FoldSource.Of(await DatabaseEvents.OfAsync(store, cancellationToken).ConfigureAwait(false));
        FoldPoint<TState>? kept = cache?.Find(source, stream);
        long last = asOf.AsOfVersion ?? (await store.ReadStreamAsync(stream, asOf, cancellationToken).GetInfoAsync(cancellationToken).ConfigureAwait(false)).Version;
        Folding folding = await FoldAsync(source, stream, kept?.Version <= last ? kept : null, asOf, last, cancellationToken).ConfigureAwait(false);
        return (folding.Point!, folding.Info);
    }

    public static TEvent Cast(StreamId stream, long version, string? name, object data) =>
        data is TEvent typed
            ? typed
            : throw new InvalidOperationException($"The event '{name ?? data.GetType().Name}' at version {version} of stream '{stream}' is a {data.GetType()}, the fold takes {typeof(TEvent)}.");

    private async ValueTask<Folding> FoldAsync(FoldSource source, StreamId stream, FoldPoint<TState>? start, EventReadOptions asOf, long last, CancellationToken cancellationToken)
    {
        using Activity? activity = Telemetry.Source.StartActivity(Telemetry.LoadActivity);
        string from = "cache";
        Folding folding = start is null ? default : await GoOnAsync(stream, start, asOf, cancellationToken).ConfigureAwait(false);
        if (folding.Point is null && snapshots is not null)
        {
            from = "snapshot";
            start = await snapshots.FindAsync(source, typeof(TEvent), stream, last, cancellationToken).ConfigureAwait(false);
            folding = start is null ? default : await GoOnAsync(stream, start, asOf, cancellationToken).ConfigureAwait(false);
        }

        if (folding.Point is null)
        {
            from = "start";
            folding = await GoOnAsync(stream, new FoldPoint<TState>(initial(), 0, 0), asOf, cancellationToken).ConfigureAwait(false);
        }

        activity?.SetTag(Telemetry.LoadedFromTag, from).SetTag(Telemetry.EventsTag, folding.Events).SetTag(Telemetry.VersionTag, folding.Info.Version);
        return folding;
    }

    // No point: the state is not one of this stream as it is seen now.
    private async ValueTask<Folding> GoOnAsync(StreamId stream, FoldPoint<TState> start, EventReadOptions asOf, CancellationToken cancellationToken)
    {
        StreamReading reading = store.ReadStreamAsync(
            stream,
            new EventReadOptions { FromVersion = start.NeedsProof ? start.LastVersion : start.Version + 1, AsOfVersion = asOf.AsOfVersion, AsOf = asOf.AsOf, AsOfTime = asOf.AsOfTime },
            cancellationToken);
        StreamInfo info = await reading.GetInfoAsync(cancellationToken).ConfigureAwait(false);
        if (start.Version > 0 && (!info.Exists || start.Version > info.Version || start.FirstVersion != info.FirstVersion))
        {
            return default;
        }

        Folding folding = new(start with { Version = info.Version, FirstVersion = info.FirstVersion, NeedsProof = false }, info);
        TState state = start.State;
        bool isProven = !start.NeedsProof;
        RecordedEvent? lastRead = null;
        await foreach (RecordedEvent recorded in reading.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (start.NeedsProof && recorded.Version <= start.Version)
            {
                isProven = recorded.Version == start.LastVersion && recorded.Position == start.LastPosition && recorded.Timestamp == start.LastTime;
                if (!isProven)
                {
                    return default;
                }

                continue;
            }

            if (!isProven)
            {
                return default;
            }

            state = evolve(state, Cast(stream, recorded.Version, recorded.Name, recorded.Data));
            folding.Take(recorded, snapshots);
            lastRead = recorded;
        }

        return isProven ? folding.With(state, lastRead) : default;
    }

    // What one reading has come to.
    private record struct Folding(FoldPoint<TState>? Point, StreamInfo Info)
    {
        public long Events { get; private set; }

        public bool SawNamedEvent { get; private set; }

        private DateTimeOffset? FirstTime { get; set; }

        public void Take(RecordedEvent recorded, IFoldSnapshots<TState>? snapshots)
        {
            Events++;
            FirstTime ??= recorded.Timestamp;
            SawNamedEvent |= snapshots is not null && snapshots.IsNamed(recorded.Name);
        }

        public readonly Folding With(TState state, RecordedEvent? last) => last is null
            ? this with { Point = Point! with { State = state } }
            : this with
            {
                Point = Point! with
                {
                    State = state,
                    LastVersion = last.Version,
                    LastPosition = last.Position,
                    LastTime = last.Timestamp,
                    SnapshotTime = Point.LastVersion == 0 ? FirstTime!.Value : Point.SnapshotTime,
                },
            };
    }
}
