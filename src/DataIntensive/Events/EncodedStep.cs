namespace DataIntensive.Events;

// One step of an encoded batch, with the part of the batch's events that is appended by it.
internal readonly record struct EncodedStep(BatchStepKind Kind, StreamId Stream, ExpectedVersion Expected, int First, int Count)
{
    public StreamMarking Marking { get; init; }

    public StreamRetention? Retention { get; init; }

    // An archived stream is archived again and restored like one that is only looked at.
    public bool WritesTo(StreamStatus status) =>
        Count > 0 || (Kind == BatchStepKind.Mark && !(status == StreamStatus.Archived && Marking is StreamMarking.Archived or StreamMarking.Restored));

    // What it makes of a stream.
    public (long Version, StreamStatus Status) After((long Version, StreamStatus Status) before) =>
        Count > 0 ? (before.Version + Count, StreamStatus.Live)
        : Kind != BatchStepKind.Mark ? before
        : Marking == StreamMarking.Tombstoned ? (before.Version, StreamStatus.Tombstoned)
        : Marking == StreamMarking.Deleted && before.Status == StreamStatus.Live ? (before.Version, StreamStatus.Deleted)
        : Marking == StreamMarking.Archived && before.Status == StreamStatus.Live ? (before.Version, StreamStatus.Archived)
        : Marking == StreamMarking.Restored && before.Status == StreamStatus.Archived ? (before.Version, StreamStatus.Live)
        : before;
}
