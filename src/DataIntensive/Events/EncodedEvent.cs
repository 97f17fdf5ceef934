namespace DataIntensive.Events;

// One event of a batch. End: where its body ends in the batch's buffer.
internal readonly record struct EncodedEvent(string Name, Guid? Id, EventTag[] Tags, int End);
