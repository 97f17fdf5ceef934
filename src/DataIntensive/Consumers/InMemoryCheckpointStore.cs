using System.Collections.Concurrent;
using DataIntensive.Consumers;

namespace DataIntensive;

/// <summary>Checkpoints in memory: for consumers that start over with the process.</summary>
public sealed class InMemoryCheckpointStore : ICheckpointStore
{
    private readonly ConcurrentDictionary<string, LogPosition> _positions = new(StringComparer.Ordinal);

    /// <summary>Makes a store that is empty.</summary>
    public InMemoryCheckpointStore() => Marks = new InMemoryConsumerMarks(this);

    internal InMemoryConsumerMarks Marks { get; }

    /// <inheritdoc />
    public ValueTask<LogPosition> ReadAsync(string consumer, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(consumer);
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<LogPosition>(_positions.GetValueOrDefault(consumer));
    }

    /// <inheritdoc />
    public ValueTask SaveAsync(string consumer, LogPosition position, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(consumer);
        cancellationToken.ThrowIfCancellationRequested();
        _positions.AddOrUpdate(consumer, position, (_, saved) => saved > position ? saved : position);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask ResetAsync(string consumer, LogPosition position, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(consumer);
        cancellationToken.ThrowIfCancellationRequested();
        _positions[consumer] = position;
        Marks.ForgetFinished(consumer);
        return ValueTask.CompletedTask;
    }

    internal LogPosition Read(string consumer) => _positions.GetValueOrDefault(consumer);
}
