using System.Runtime.CompilerServices;

namespace DataIntensive;

/// <summary>What every event store can do with its few operations.</summary>
public static class EventStoreExtensions
{
    /// <summary>Gives the event store's side of a transaction: what is read and appended through it is part of that.</summary>
    /// <exception cref="InvalidOperationException">The event store belongs to no database, or to another one.</exception>
    public static EventStoreTransaction In(this IEventStore store, DatabaseTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(transaction);
        return store is DatabaseEventStore durable
            ? durable.Join(transaction)
            : throw new InvalidOperationException("The event store belongs to no database, so it has no part in a transaction.");
    }

    /// <summary>Appends events to a stream, if it is as expected.</summary>
    /// <param name="store">The event store.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="expected">What it must be like.</param>
    /// <param name="events">
    /// Instances of mapped types, or <see cref="EventData"/> around them. The sequence is walked once, before anything is written; when it
    /// throws, nothing is. Empty: only the expectation is checked, and the stream is not created.
    /// </param>
    /// <param name="cancellationToken">Stops the waiting; it never un-writes.</param>
    /// <returns>Whether they were appended, and where. A conflict is no exception.</returns>
    /// <exception cref="ArgumentException">An event is of no mapped type, cannot be serialized or is too large. Nothing was written.</exception>
    public static ValueTask<AppendResult> AppendAsync(this IEventStore store, StreamId stream, ExpectedVersion expected, IEnumerable<object> events, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store is DatabaseEventStore durable
            ? durable.AppendAsync(stream, expected, events, cancellationToken)
            : store.AppendAsync(new EventBatch().Append(stream, expected, events), cancellationToken);
    }

    /// <summary>Appends events to a stream, whatever it is like.</summary>
    /// <inheritdoc cref="AppendAsync(IEventStore, StreamId, ExpectedVersion, IEnumerable{object}, CancellationToken)"/>
    public static ValueTask<AppendResult> AppendAsync(this IEventStore store, StreamId stream, IEnumerable<object> events, CancellationToken cancellationToken = default) =>
        store.AppendAsync(stream, ExpectedVersion.Any, events, cancellationToken);

    /// <summary>Appends the first events to a stream that is not there yet.</summary>
    /// <returns>Where they are. </returns>
    /// <exception cref="AppendConflictException">The stream is there.</exception>
    /// <exception cref="ArgumentException">There is no event, or one is of no mapped type, cannot be serialized or is too large. Nothing was written.</exception>
    /// <inheritdoc cref="AppendAsync(IEventStore, StreamId, ExpectedVersion, IEnumerable{object}, CancellationToken)"/>
    public static async ValueTask<AppendResult> StartStreamAsync(this IEventStore store, StreamId stream, IEnumerable<object> events, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        object[] first = [.. events];
        return first.Length == 0
            ? throw new ArgumentException("A stream begins with an event.", nameof(events))
            : (await store.AppendAsync(stream, ExpectedVersion.None, first, cancellationToken).ConfigureAwait(false)).OrThrow();
    }

    /// <summary>Archives a stream; see <see cref="EventBatch.Archive"/>.</summary>
    /// <returns>What was done. A stream with a tombstone is a conflict.</returns>
    public static ValueTask<AppendResult> ArchiveStreamAsync(this IEventStore store, StreamId stream, ExpectedVersion expected = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.AppendAsync(new EventBatch().Archive(stream, expected), cancellationToken);
    }

    /// <summary>Takes an archived stream back; see <see cref="EventBatch.Restore"/>.</summary>
    /// <inheritdoc cref="ArchiveStreamAsync"/>
    public static ValueTask<AppendResult> RestoreStreamAsync(this IEventStore store, StreamId stream, ExpectedVersion expected = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.AppendAsync(new EventBatch().Restore(stream, expected), cancellationToken);
    }

    /// <summary>Gives the events of a stream in order, from a version on.</summary>
    /// <param name="store">The event store.</param>
    /// <param name="stream">The stream; nothing is given for one without events.</param>
    /// <param name="fromVersion">The first version, from 1.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="UnknownEventException">An event has a name that is not mapped; thrown while enumerating.</exception>
    public static StreamReading ReadStreamAsync(this IEventStore store, StreamId stream, long fromVersion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.ReadStreamAsync(stream, new EventReadOptions { FromVersion = fromVersion }, cancellationToken);
    }

    /// <summary>Returns the version of a stream: how many events were ever appended to it; 0 when none was.</summary>
    public static async ValueTask<long> VersionAsync(this IEventStore store, StreamId stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        StreamInfo info = await store.ReadStreamAsync(stream, options: null, cancellationToken).GetInfoAsync(cancellationToken).ConfigureAwait(false);
        return info.Version;
    }

    /// <summary>Gives the events of all streams in order, to the newest at the time when the enumeration begins.</summary>
    /// <param name="store">The event store.</param>
    /// <param name="from">The first position; <c>default</c> for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="UnknownEventException">An event has a name that is not mapped; thrown while enumerating.</exception>
    public static IAsyncEnumerable<RecordedEvent> ReadAllAsync(this IEventStore store, EventPosition from = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.ReadAsync(EventQuery.All, new EventReadOptions { From = from }, cancellationToken);
    }

    /// <summary>
    /// Gives the events of all streams in order, those that are there and then those that come, each once, until cancelled or closed.
    /// </summary>
    /// <param name="store">The event store.</param>
    /// <param name="after">The last event that is known; <c>default</c> for all.</param>
    /// <param name="cancellationToken">Ends the subscription.</param>
    /// <returns>Events that are fsynced, where the store has a disk, and visible to every reader.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="after"/> lies beyond the newest event.</exception>
    /// <exception cref="UnknownEventException">An event has a name that is not mapped; thrown while enumerating.</exception>
    public static IAsyncEnumerable<RecordedEvent> SubscribeToEventsAsync(this IEventStore store, EventPosition after = default, CancellationToken cancellationToken = default) =>
        store.SubscribeToEventsAsync(EventQuery.All, after, cancellationToken);

    /// <summary>
    /// Gives the events that a query means in order, those that are there and then those that come, each once, until cancelled or closed.
    /// <see cref="IEventStore.SubscribeAsync"/> tells between them how far it has come.
    /// </summary>
    /// <param name="store">The event store.</param>
    /// <param name="query">Which events.</param>
    /// <param name="after">The last event that is known; <c>default</c> for all.</param>
    /// <param name="cancellationToken">Ends the subscription.</param>
    /// <inheritdoc cref="SubscribeToEventsAsync(IEventStore, EventPosition, CancellationToken)"/>
    public static IAsyncEnumerable<RecordedEvent> SubscribeToEventsAsync(this IEventStore store, EventQuery query, EventPosition after = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return EventsOf(store.SubscribeAsync(query, new SubscribeOptions { After = after }, cancellationToken), cancellationToken);
    }

    private static async IAsyncEnumerable<RecordedEvent> EventsOf(IAsyncEnumerable<SubscriptionStep> steps, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (SubscriptionStep step in steps.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (step.Event is { } recorded)
            {
                yield return recorded;
            }
        }
    }
}
