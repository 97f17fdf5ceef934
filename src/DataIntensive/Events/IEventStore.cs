namespace DataIntensive;

/// <summary>Streams of events: the facts about one entity each, in order, appended and never changed.</summary>
/// <remarks>
/// <para><b>Guarantee.</b> An append is stored entirely or not at all, and only if its stream is as expected.</para>
/// <para><b>Order.</b> Versions count 1, 2, 3 … in a stream, event positions over all streams, both without gaps; every reader sees one order.</para>
/// <para><b>After a crash.</b> See the implementation; a database keeps every acknowledged append.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread.</para>
/// <para><b>Cost.</b> A stream is read from its own events only.</para>
/// <para><b>Not guaranteed.</b> That appends to several streams are atomic: use a transaction of the database.</para>
/// </remarks>
public interface IEventStore
{
    /// <summary>Appends events to a stream, if it is as expected.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="expected">What it must be like.</param>
    /// <param name="events">
    /// Instances of mapped types. The sequence is walked once, before anything is written; when it throws, nothing is. Empty: only the
    /// expectation is checked, and the stream is not created.
    /// </param>
    /// <param name="cancellationToken">Stops the waiting; it never un-writes.</param>
    /// <returns>Whether they were appended, and where. A conflict is no exception.</returns>
    /// <exception cref="ArgumentException">An event is of no mapped type or cannot be serialized, or they are too large together. Nothing was written.</exception>
    ValueTask<AppendResult> AppendAsync(StreamId stream, ExpectedVersion expected, IEnumerable<object> events, CancellationToken cancellationToken = default);

    /// <summary>Gives the events of a stream in order, to the newest at the time when the enumeration begins.</summary>
    /// <param name="stream">The stream; nothing is given for one without events.</param>
    /// <param name="fromVersion">The first version, from 1.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="UnknownEventException">An event has a name that is not mapped; thrown while enumerating.</exception>
    IAsyncEnumerable<RecordedEvent> ReadStreamAsync(StreamId stream, long fromVersion = 1, CancellationToken cancellationToken = default);

    /// <summary>Returns the version of a stream: that of its newest event, 0 when it has none.</summary>
    ValueTask<long> VersionAsync(StreamId stream, CancellationToken cancellationToken = default);

    /// <summary>Returns the position of the newest event; <see cref="EventPosition.Start"/> when there is none.</summary>
    ValueTask<EventPosition> HeadAsync(CancellationToken cancellationToken = default);

    /// <summary>Gives the events of all streams in order, to the newest at the time when the enumeration begins.</summary>
    /// <param name="from">The first position; <c>default</c> for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="UnknownEventException">An event has a name that is not mapped; thrown while enumerating.</exception>
    IAsyncEnumerable<RecordedEvent> ReadAllAsync(EventPosition from = default, CancellationToken cancellationToken = default);

    /// <summary>
    /// Gives the events of all streams in order, those that are there and then those that come, each once, until cancelled or closed.
    /// </summary>
    /// <param name="after">The last event that is known; <c>default</c> for all.</param>
    /// <param name="cancellationToken">Ends the subscription.</param>
    /// <returns>Events that are fsynced, where the store has a disk, and visible to every reader.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="after"/> lies beyond the newest event.</exception>
    /// <exception cref="UnknownEventException">An event has a name that is not mapped; thrown while enumerating.</exception>
    IAsyncEnumerable<RecordedEvent> SubscribeAsync(EventPosition after = default, CancellationToken cancellationToken = default);
}
