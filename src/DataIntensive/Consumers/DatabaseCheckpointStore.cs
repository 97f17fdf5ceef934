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
    }

    internal Database Database => _database;

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
        await _positions.WriteAsync(consumer, position.Value, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Forgets a consumer that will not come back, so that the log is no longer kept for it; nothing happens when it saved none.
    /// </summary>
    public async ValueTask DeleteAsync(string consumer, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(consumer);
        await _positions.DeleteAsync(consumer, cancellationToken).ConfigureAwait(false);
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
