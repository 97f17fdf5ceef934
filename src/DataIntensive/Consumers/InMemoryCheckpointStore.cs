using System.Collections.Concurrent;

namespace DataIntensive;

/// <summary>Checkpoints in memory: for consumers that start over with the process.</summary>
public sealed class InMemoryCheckpointStore : ICheckpointStore
{
    private readonly ConcurrentDictionary<string, LogPosition> _positions = new(StringComparer.Ordinal);

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
        return ValueTask.CompletedTask;
    }
}
