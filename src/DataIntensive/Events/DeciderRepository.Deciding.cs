using DataIntensive.Events;

namespace DataIntensive;

public sealed partial class DeciderRepository<TState, TCommand, TEvent>
{
    // A stream that was deleted, or never written, is one to start: its versions go on, and nothing of before is there.
    internal static ExpectedVersion ExpectationOf(long version, StreamStatus status) =>
        status == StreamStatus.Live ? ExpectedVersion.Exactly(version) : ExpectedVersion.None;

    internal ValueTask<DatabaseEventStore?> DatabaseAsync(CancellationToken cancellationToken) => DatabaseEvents.OfAsync(_store, cancellationToken);

    internal ValueTask<AppendResult> AppendAsync(EventBatch batch, CancellationToken cancellationToken) => _store.AppendAsync(batch, cancellationToken);

    // Folded before they are appended: a fold that throws must not do so on events that are stored already.
    internal Decided Decide(DatabaseEventStore? durable, StreamId stream, long version, TState state, TCommand command)
    {
        TEvent[] events = [.. _decider.Decide(command, state)];
        foreach (TEvent @event in events)
        {
            state = Evolve(durable, stream, ++version, state, @event);
        }

        return new Decided(state, events);
    }

    private static void ThrowIfUnexpected(StreamId stream, ExpectedVersion? expected, long version, StreamStatus status)
    {
        if (expected is { } expectation && !expectation.Holds(version, status, writes: true))
        {
            AppendConflictKind kind = AppendConflict.KindOf(status, writes: true);
            new AppendResult { Version = version, Conflicts = [new AppendConflict(kind, stream, expectation, version, status, default)] }.OrThrow();
        }
    }

    private static EventBatch BatchOf(StreamId stream, HandleOptions options, StreamInfo info, TEvent[] events)
    {
        ExpectedVersion expected = options.Expected ?? ExpectationOf(info.Version, info.Status);
        EventBatch batch = new() { Metadata = options.Metadata };
        return events.Length == 0 ? batch.Check(stream, expected) : batch.Append(stream, expected, events.Cast<object>());
    }

    // As readers will get it: of an older type, what upcasters make of that.
    private TState Evolve(DatabaseEventStore? durable, StreamId stream, long version, TState state, TEvent @event)
    {
        object data = @event is EventData wrapped ? wrapped.Data : @event;
        if (durable?.State.Types.Of(data) is not { Upcaster: not null } type)
        {
            return _decider.Evolve(state, StreamFolder<TState, TEvent>.Cast(stream, version, name: null, data));
        }

        List<(EventType Type, object Data)> upcast = [];
        durable.State.Types.Upcast(type, data, upcast);
        foreach ((EventType next, object newer) in upcast)
        {
            state = _decider.Evolve(state, StreamFolder<TState, TEvent>.Cast(stream, version, next.Name, newer));
        }

        return state;
    }

    internal readonly record struct Decided(TState State, TEvent[] Events);
}
