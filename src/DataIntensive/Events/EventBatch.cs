using DataIntensive.Events;

namespace DataIntensive;

/// <summary>
/// What one append does, as a whole or not at all: events for one or more streams, in the order in which they are stored, and what must
/// hold. Reusable for another try; not safe for several threads at once.
/// </summary>
public sealed class EventBatch
{
    private readonly List<BatchStep> _steps = new(1);
    private List<AppendCondition>? _conditions;

    /// <summary>What is stored beside the events that bring none of their own. Default: nothing but the current span.</summary>
    public EventMetadata? Metadata { get; init; }

    internal IReadOnlyList<BatchStep> Steps => _steps;

    // Nothing is ever added.
    internal static List<AppendCondition> NoConditions { get; } = [];

    internal List<AppendCondition> Conditions => _conditions ?? NoConditions;

    /// <summary>Appends events to a stream, if it is as expected.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="expected">What it must be like before these events, those of this batch before them included.</param>
    /// <param name="events">
    /// Instances of mapped types, or <see cref="EventData"/> around them. The sequence is walked once per append, before anything is written;
    /// when it throws, nothing is. Empty: only the expectation is checked, and the stream is not created.
    /// </param>
    public EventBatch Append(StreamId stream, ExpectedVersion expected, params IEnumerable<object> events)
    {
        stream.ThrowIfDefault(nameof(stream));
        ArgumentNullException.ThrowIfNull(events);
        _steps.Add(new BatchStep(BatchStepKind.Append, stream, expected, events));
        return this;
    }

    /// <summary>Checks a stream and writes nothing to it.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="expected">What it must be like. <see cref="ExpectedVersion.None"/> holds for a stream with a tombstone too.</param>
    public EventBatch Check(StreamId stream, ExpectedVersion expected)
    {
        stream.ThrowIfDefault(nameof(stream));
        _steps.Add(new BatchStep(BatchStepKind.Check, stream, expected, []));
        return this;
    }

    /// <summary>
    /// Deletes a stream: it reads as if it were absent. The next append opens it again, its versions go on, and what is kept of it is as it was.
    /// Nothing is done when it is not there.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="expected">What it must be like.</param>
    public EventBatch Delete(StreamId stream, ExpectedVersion expected = default) => Mark(stream, expected, StreamMarking.Deleted);

    /// <summary>Deletes a stream for good: no append is ever taken again.</summary>
    /// <param name="stream">The stream; it need not be there.</param>
    /// <param name="expected">What it must be like.</param>
    public EventBatch Tombstone(StreamId stream, ExpectedVersion expected = default) => Mark(stream, expected, StreamMarking.Tombstoned);

    /// <summary>
    /// Archives a stream: its events leave the memory of the index and are given only to who asks for archived ones, and it takes no append
    /// until it is restored. Nothing is done when it is not there, or is archived.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="expected">What it must be like.</param>
    public EventBatch Archive(StreamId stream, ExpectedVersion expected = default) => Mark(stream, expected, StreamMarking.Archived);

    /// <summary>Takes an archived stream back: it is as it was before, and versions go on. Nothing is done when it is not archived.</summary>
    /// <param name="stream">The stream. Its events are read for that.</param>
    /// <param name="expected">What it must be like; of an archived one, <see cref="ExpectedVersion.Exactly"/> its version, or anything.</param>
    public EventBatch Restore(StreamId stream, ExpectedVersion expected = default) => Mark(stream, expected, StreamMarking.Restored);

    /// <summary>Says which events of a stream are kept, in place of what was said before.</summary>
    /// <param name="stream">The stream; it need not be there yet.</param>
    /// <param name="retention">What is kept.</param>
    /// <param name="expected">What the stream must be like.</param>
    public EventBatch Retain(StreamId stream, StreamRetention retention, ExpectedVersion expected = default)
    {
        ArgumentNullException.ThrowIfNull(retention);
        return Mark(stream, expected, StreamMarking.Retained, retention);
    }

    /// <summary>Refuses the append when there is an event that a query means.</summary>
    /// <param name="query">Which events. It must mean all that the decision was based on, and may mean more.</param>
    /// <param name="after">The position up to which the decision knew the events; <c>default</c> when none may be there at all.</param>
    /// <exception cref="ArgumentException">The query means all events.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="after"/> is negative; one beyond the newest event is refused by the append.</exception>
    public EventBatch Unless(EventQuery query, EventPosition after = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfNegative(after.Value, nameof(after));
        if (query.IsAll)
        {
            throw new ArgumentException("A condition over all events would have every append conflict with every other. Say which matter.", nameof(query));
        }

        (_conditions ??= []).Add(new AppendCondition(query, after));
        return this;
    }

    private EventBatch Mark(StreamId stream, ExpectedVersion expected, StreamMarking marking, StreamRetention? retention = null)
    {
        stream.ThrowIfDefault(nameof(stream));
        _steps.Add(new BatchStep(BatchStepKind.Mark, stream, expected, []) { Marking = marking, Retention = retention });
        return this;
    }
}
