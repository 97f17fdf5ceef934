namespace DataIntensive.Events;

// One call on a batch.
internal readonly record struct BatchStep(BatchStepKind Kind, StreamId Stream, ExpectedVersion Expected, IEnumerable<object> Events)
{
    public StreamMarking Marking { get; init; }

    public StreamRetention? Retention { get; init; }
}
