using DataIntensive.Streams;

namespace DataIntensive;

/// <summary>Makes data streams.</summary>
public static class DataStream
{
    /// <summary>Makes a stream of items that are at hand. Each run enumerates them anew.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The items. Their end completes the stream.</param>
    public static DataStream<T> From<T>(IEnumerable<T> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new DataStream<T>(new StreamPlan<Stage<T>>((first, _) => new EnumerableFeed<T>(source, first), "items", HasPositions: false));
    }

    /// <summary>Makes a stream of items that come as they come. Each run enumerates them anew.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The items. Their end completes the stream. A wait must end when its cancellation token says so.</param>
    public static DataStream<T> From<T>(IAsyncEnumerable<T> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new DataStream<T>(new StreamPlan<Stage<T>>((first, start) => new AsyncEnumerableFeed<T>(source, first, start.Stop), "items", HasPositions: false));
    }

    /// <summary>Makes a stream of a source with positions: one that an exactly-once run can go on with after a crash.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="source">The source. Its end completes the stream.</param>
    public static DataStream<T> From<T>(IStreamSource<T> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new DataStream<T>(new StreamPlan<Stage<T>>((first, start) => new SourceFeed<T>(source, first, start), "source", HasPositions: true));
    }

    /// <summary>Makes a data stream of an event store's events, in the order of their positions. It follows the store.</summary>
    /// <param name="events">The store. An exactly-once run over it belongs into the same database.</param>
    public static DataStream<RecordedEvent> FromEvents(DatabaseEventStore events)
    {
        ArgumentNullException.ThrowIfNull(events);
        return From(new EventStreamSource(events));
    }
}
