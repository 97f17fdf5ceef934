using System.Buffers;
using System.Diagnostics;
using DataIntensive.Logs;

namespace DataIntensive.Events;

// A batch with its events encoded, all before any of them is written: a sequence or a serializer that throws leaves nothing behind, and
// the sequencer is not held up by either.
internal sealed class EncodedBatch
{
    private const int MostTags = 64;

    private const int MostKeptBytes = 64 * 1024;
    private const int MostKeptEvents = 1024;

    [ThreadStatic]
    private static EncodedBatch? _spare;

    private readonly ArrayBufferWriter<byte> _bodies = new();
    private readonly List<EncodedEvent> _events = [];
    private readonly List<EncodedStep> _steps = [];
    private HashSet<(StreamId Stream, Guid Id)>? _ids;

    private EncodedBatch()
    {
    }

    public List<EncodedStep> Steps => _steps;

    public List<EncodedEvent> Events => _events;

    public bool HasIds => _ids is not null;

    public List<AppendCondition> Conditions { get; private set; } = EventBatch.NoConditions;

    public static EncodedBatch Of(EventState state, string tenant, EventBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        EncodedBatch encoded = Rent();
        encoded.Conditions = batch.Conditions;
        EventMetadata metadata = WithCurrentSpan(batch.Metadata ?? EventMetadata.Empty);
        foreach (BatchStep step in batch.Steps)
        {
            encoded.Add(state, tenant, step, metadata);
        }

        return encoded;
    }

    public static EncodedBatch Of(EventState state, string tenant, StreamId stream, ExpectedVersion expected, IEnumerable<object> events)
    {
        stream.ThrowIfDefault(nameof(stream));
        ArgumentNullException.ThrowIfNull(events);
        EncodedBatch encoded = Rent();
        encoded.Add(state, tenant, new BatchStep(BatchStepKind.Append, stream, expected, events), WithCurrentSpan(EventMetadata.Empty));
        return encoded;
    }

    // Nobody may look at it any more.
    public void GiveBack()
    {
        if (_bodies.Capacity <= MostKeptBytes && _events.Capacity <= MostKeptEvents && _steps.Capacity <= MostKeptEvents)
        {
            _bodies.ResetWrittenCount();
            _events.Clear();
            _steps.Clear();
            _ids = null;
            Conditions = EventBatch.NoConditions;
            _spare = this;
        }
    }

    // Returns the record's index in the batch, and where its head stands.
    public (int Record, int Mark) WriteTo(LogBatch batch, uint tag, int index)
    {
        int start = index == 0 ? 0 : _events[index - 1].End;
        int mark = batch.SizeBytes + RecordFormat.HeaderBytes;
        batch.Add(tag, _bodies.WrittenSpan[start.._events[index].End]);
        return (batch.Count - 1, mark);
    }

    // Taken, not borrowed: a sequence of events may append by itself.
    private static EncodedBatch Rent()
    {
        EncodedBatch batch = _spare ?? new EncodedBatch();
        _spare = null;
        return batch;
    }

    private static EventMetadata WithCurrentSpan(EventMetadata metadata)
    {
        if (Activity.Current is not { IdFormat: ActivityIdFormat.W3C } activity || (metadata.CorrelationId is not null && metadata.TraceParent is not null))
        {
            return metadata;
        }

        return new EventMetadata
        {
            CorrelationId = metadata.CorrelationId ?? activity.TraceId.ToHexString(),
            CausationId = metadata.CausationId,
            TraceParent = metadata.TraceParent ?? activity.Id,
            Headers = metadata.Headers,
        };
    }

    private static EventTag[] TagsOf(EventType type, object data, EventData? given)
    {
        IEnumerable<EventTag>? derived = type.TagsOf(data);
        if (derived is null && given is not { Tags.Count: > 0 })
        {
            return [];
        }

        EventTag[] tags = [.. (given?.Tags ?? []).Concat(derived ?? []).Distinct()];
        return tags.Length > MostTags ? throw new ArgumentException($"An event has {tags.Length} tags; at most {MostTags} are taken.")
            : tags.Any(tag => tag.IsDefault) ? throw new ArgumentException("A tag of an event is the default, which is none.")
            : tags;
    }

    private void Add(EventState state, string tenant, in BatchStep step, EventMetadata metadata)
    {
        int first = _events.Count;
        if (step.Events is object[] array)
        {
            // Without an enumerator.
            foreach (object item in array)
            {
                Add(state, tenant, step.Stream, item, metadata);
            }
        }
        else
        {
            foreach (object item in step.Events)
            {
                Add(state, tenant, step.Stream, item, metadata);
            }
        }

        _steps.Add(new EncodedStep(step.Kind, step.Stream, step.Expected, first, _events.Count - first) { Marking = step.Marking, Retention = step.Retention });
    }

    private void Add(EventState state, string tenant, StreamId stream, object item, EventMetadata metadata)
    {
        if (_events.Count == state.Options.MaxBatchEvents)
        {
            throw new ArgumentException($"The append has more than {state.Options.MaxBatchEvents} events, {nameof(EventStoreOptions.MaxBatchEvents)}. Nothing was written.");
        }

        EventData? given = item as EventData;
        object data = given?.Data ?? item;
        if (given?.Id is { } id && !(_ids ??= []).Add((stream, id)))
        {
            throw new ArgumentException($"The event id {id} is given twice in stream '{stream}'. Nothing was written.");
        }

        EventType type = state.Types.Of(data);
        EventTag[] tags = TagsOf(type, data, given);
        int start = _bodies.WrittenCount;
        EventRecord.Write(_bodies, tenant, stream, type, data, given?.Id, given?.Metadata is { } own ? WithCurrentSpan(own) : metadata, tags);
        if (_bodies.WrittenCount - start > state.Options.MaxEventBytes)
        {
            throw new ArgumentException($"An event takes {_bodies.WrittenCount - start} bytes, {nameof(EventStoreOptions.MaxEventBytes)} is {state.Options.MaxEventBytes}. Nothing was written.");
        }

        _events.Add(new EncodedEvent(type.Name, given?.Id, tags, _bodies.WrittenCount));
    }
}
