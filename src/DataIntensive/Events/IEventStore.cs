namespace DataIntensive;

/// <summary>Streams of events: the facts about one entity each, in order, appended and never changed.</summary>
/// <remarks>
/// <para><b>Guarantee.</b> An append is stored entirely or not at all, over however many streams, and only if everything is as it expects.</para>
/// <para><b>Order.</b> Versions count 1, 2, 3 … in a stream, event positions over all streams, both without gaps; every reader sees one order.</para>
/// <para><b>After a crash.</b> See the implementation; a database keeps every acknowledged append.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread.</para>
/// <para><b>Cost.</b> A stream is read from its own events only, a query from the events that it means.</para>
/// <para><b>Not guaranteed.</b> That an append is stored once when its caller repeats it, unless its events have ids.</para>
/// </remarks>
public interface IEventStore
{
    /// <summary>Appends events to streams as one, if everything is as expected. Simple forms are extension methods.</summary>
    /// <param name="batch">What is appended, and what is expected.</param>
    /// <param name="cancellationToken">Stops the waiting; it never un-writes.</param>
    /// <returns>Whether it was appended, and where; otherwise everything that did not hold. A conflict is no exception.</returns>
    /// <exception cref="ArgumentException">
    /// An event is of no mapped type, cannot be serialized or is too large, or an event id is given twice in one stream. Nothing was written.
    /// </exception>
    ValueTask<AppendResult> AppendAsync(EventBatch batch, CancellationToken cancellationToken = default);

    /// <summary>Gives the events of a stream, to the newest at the time when the reading begins, and says whether there is such a stream.</summary>
    /// <param name="stream">The stream; nothing is given for one that was never written, is deleted, or is archived and not asked for.</param>
    /// <param name="options">Which part of it; null for all, in order.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="UnknownEventException">An event has a name that is not mapped; thrown while enumerating.</exception>
    StreamReading ReadStreamAsync(StreamId stream, EventReadOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Gives the events that a query means in the order of their positions, to the newest at the time when the enumeration begins.</summary>
    /// <param name="query">Which events.</param>
    /// <param name="options">Which part of them; null for all, in order.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="UnknownEventException">An event has a name that is not mapped; thrown while enumerating.</exception>
    IAsyncEnumerable<RecordedEvent> ReadAsync(EventQuery query, EventReadOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Gives the events that a query means in the order of their positions, those that are there and then those that come, each once, until
    /// cancelled or closed; between them it tells how far it has come.
    /// </summary>
    /// <param name="query">Which events.</param>
    /// <param name="options">Where it begins; null for the start.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>
    /// Events that are fsynced, where the store has a disk, and visible to every reader. When it has given all there is, it says so with a
    /// step without an event: at first, and again after others have appended, also events that the query does not mean.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">It is to begin behind the newest event.</exception>
    /// <exception cref="UnknownEventException">An event has a name that is not mapped; thrown while enumerating.</exception>
    IAsyncEnumerable<SubscriptionStep> SubscribeAsync(EventQuery query, SubscribeOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Returns the position of the newest event; <see cref="EventPosition.Start"/> when there is none.</summary>
    ValueTask<EventPosition> HeadAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Gives the side of a tenant: streams, tags and types are its own, and nothing of others is seen through it. Event positions are counted
    /// over all tenants.
    /// </summary>
    /// <param name="tenant">1 to 128 bytes of UTF-8.</param>
    /// <exception cref="ArgumentException">It is empty or too long.</exception>
    IEventStore ForTenant(string tenant);
}
