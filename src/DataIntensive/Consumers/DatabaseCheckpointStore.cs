using DataIntensive.Consumers;

namespace DataIntensive;

/// <summary>Checkpoints in a database, so that a consumer's effects and its position can be one commit.</summary>
public sealed class DatabaseCheckpointStore : ICheckpointStore
{
    // Names that begin with $ are the library's own.
    internal const string StoreName = "$checkpoints";

    private readonly DatabaseStore<string, long> _positions;
    private readonly Database _database;

    internal DatabaseCheckpointStore(Database database)
    {
        _database = database;
        _positions = database.Store<string, long>(StoreName);
        Marks = new DatabaseConsumerMarks(this);
    }

    internal Database Database => _database;

    internal DatabaseConsumerMarks Marks { get; }

    /// <summary>Returns the newest position that a consumer saved, at once; the start when it saved none.</summary>
    public LogPosition Read(string consumer)
    {
        ArgumentException.ThrowIfNullOrEmpty(consumer);
        return new LogPosition(_positions.Read(consumer).Value);
    }

    /// <inheritdoc />
    public ValueTask<LogPosition> ReadAsync(string consumer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<LogPosition>(Read(consumer));
    }

    /// <inheritdoc />
    public async ValueTask SaveAsync(string consumer, LogPosition position, CancellationToken cancellationToken = default) =>
        await _database.ExecuteAsync(transaction => Save(transaction, consumer, position), cancellationToken: cancellationToken).ConfigureAwait(false);

    /// <inheritdoc />
    public async ValueTask ResetAsync(string consumer, LogPosition position, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(consumer);
        cancellationToken.ThrowIfCancellationRequested();
        await _database.ExecuteAsync(
            transaction =>
            {
                _positions.In(transaction).Write(consumer, position.Value);
                Marks.Forget(transaction, consumer, withLetters: false);
            },
            cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Forgets a consumer that will not come back, so that the log is no longer kept for it, and its dead letters; nothing happens when it
    /// saved none.
    /// </summary>
    public async ValueTask DeleteAsync(string consumer, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(consumer);
        await _database.ExecuteAsync(
            transaction =>
            {
                _positions.In(transaction).Delete(consumer);
                Marks.Forget(transaction, consumer, withLetters: true);
            },
            cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns dead letters of all consumers, by the names of these, then by position; of a consumer's own, ask the consumer.</summary>
    /// <param name="after">The last one that is known; null to begin.</param>
    /// <param name="maxCount">How many at most. Default 1,000; from 1. Fewer are the last ones.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    public ValueTask<IReadOnlyList<DeadLetter>> ReadDeadLettersAsync(DeadLetter? after = null, int maxCount = 1000, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxCount, 1);
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<IReadOnlyList<DeadLetter>>(Marks.ReadPage(after, maxCount));
    }

    /// <summary>Saves a position within a transaction, unless a newer one is saved already.</summary>
    public void Save(DatabaseTransaction transaction, string consumer, LogPosition position)
    {
        ArgumentException.ThrowIfNullOrEmpty(consumer);
        StoreTransaction<string, long> positions = _positions.In(transaction);
        if (positions.Read(consumer).Value < position.Value)
        {
            positions.Write(consumer, position.Value);
        }
    }

    // What the transaction sees, in the sequencer also what is not durable yet: a consumer that was cancelled while its last commit
    // was under way learns here that it need not process it again.
    internal LogPosition Read(DatabaseTransaction transaction, string consumer) => new(_positions.In(transaction).Read(consumer).Value);
}
