namespace DataIntensive.Events;

// One step of an encoded batch, with the part of the batch's events that is appended by it.
internal readonly record struct EncodedStep(BatchStepKind Kind, StreamId Stream, ExpectedVersion Expected, int First, int Count);
