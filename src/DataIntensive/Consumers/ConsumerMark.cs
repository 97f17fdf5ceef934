namespace DataIntensive.Consumers;

// What a consumer keeps of a position beside its checkpoint: that it is finished although the checkpoint stands before it, or its dead
// letter, which stays when the checkpoint has passed.
internal readonly record struct ConsumerMark(LogPosition Position, DeadLetter? Letter);
