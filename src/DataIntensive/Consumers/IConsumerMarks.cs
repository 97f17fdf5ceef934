namespace DataIntensive.Consumers;

// What a consumer is through with out of order, and its dead letters, beside its checkpoint.
internal interface IConsumerMarks
{
    // In order of position, also what a run that was just stopped is still committing. May forget what is finished before the checkpoint.
    ValueTask<IReadOnlyList<ConsumerMark>> LoadAsync(string consumer, bool forgets, CancellationToken cancellationToken);

    // Saves a checkpoint and what is finished beyond it, and forgets what is finished of those that it has passed.
    ValueTask SaveAsync(string consumer, LogPosition checkpoint, IReadOnlyCollection<LogPosition> passed, IReadOnlyCollection<LogPosition> finished, CancellationToken cancellationToken);

    // With a checkpoint, default for none, as one. One that is parked already stays as it is. False: it is finished.
    ValueTask<bool> ParkAsync(DeadLetter letter, LogPosition checkpoint, CancellationToken cancellationToken);

    // Nothing happens when it is gone.
    ValueTask ReplaceAsync(DeadLetter letter, CancellationToken cancellationToken);

    // Of a dead letter: it is finished with. False when it is gone.
    ValueTask<bool> RemoveAsync(string consumer, LogPosition position, CancellationToken cancellationToken);
}
