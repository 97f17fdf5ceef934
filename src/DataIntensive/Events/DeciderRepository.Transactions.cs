using DataIntensive.Events;

namespace DataIntensive;

public sealed partial class DeciderRepository<TState, TCommand, TEvent>
{
    /// <summary>
    /// Decides a command within a transaction of <see cref="Database.TransactAsync(Func{DatabaseTransaction, ValueTask}, TransactionIsolation, Durability?, CancellationToken)"/>
    /// or <see cref="Database.Begin"/>, on the state that the transaction sees, what this repository appended in it included. The events become
    /// part of its commit, which conflicts when somebody appends to the stream meanwhile.
    /// </summary>
    /// <param name="transaction">The transaction, of the event store's database.</param>
    /// <param name="stream">The stream. Appends to it in this transaction go through one repository.</param>
    /// <param name="command">What is asked for.</param>
    /// <param name="options">What the caller expects; null for nothing. With or without <see cref="HandleOptions.ChecksVersion"/>, the stream counts as read.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="AppendConflictException">The stream is not as the caller expects, or it has a tombstone.</exception>
    /// <exception cref="InvalidOperationException">
    /// The event store belongs to no database or another one, the transaction runs inside <c>ExecuteAsync</c>, where nothing may wait, or it has
    /// appended to the stream by other means.
    /// </exception>
    public async ValueTask<Decision<TState, TEvent>> HandleAsync(
        DatabaseTransaction transaction,
        StreamId stream,
        TCommand command,
        HandleOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        options ??= HandleOptions.Default;
        DatabaseEventStore durable = await DatabaseEvents.OfAsync(_store, cancellationToken).ConfigureAwait(false)
            ?? throw new InvalidOperationException("The event store belongs to no database, so it has no part in a transaction.");
        FoldedStream<TState> loaded = await LoadInAsync(durable, transaction, stream, cancellationToken).ConfigureAwait(false);
        ThrowIfUnexpected(stream, options.Expected, loaded.Version, loaded.Status);
        EventMetrics.Of(durable.State.Database).Decisions.Add(1);
        Decided decided = Decide(durable, stream, loaded.Version, loaded.State, command);
        if (decided.Events.Length == 0)
        {
            return new Decision<TState, TEvent>(loaded.State, decided.Events, loaded.Version);
        }

        StreamInfo info = new(loaded.Status, loaded.Version, 0);
        AppendResult result = durable.Join(transaction).Append(BatchOf(stream, options, info, decided.Events)).OrThrow();
        if (result.IsDuplicate)
        {
            return new Decision<TState, TEvent>(loaded.State, [], loaded.Version) { IsDuplicate = true };
        }

        loaded = new FoldedStream<TState>(decided.State, loaded.Version + decided.Events.Length, StreamStatus.Live);
        _transactions.GetOrCreateValue(transaction)[stream] = loaded;
        return new Decision<TState, TEvent>(loaded.State, decided.Events, loaded.Version);
    }

    // What was appended in the transaction cannot be read back before it commits, so the state is kept beside it.
    private async ValueTask<FoldedStream<TState>> LoadInAsync(DatabaseEventStore durable, DatabaseTransaction transaction, StreamId stream, CancellationToken cancellationToken)
    {
        if (transaction.IsSequenced)
        {
            throw new InvalidOperationException("A state cannot be loaded inside ExecuteAsync, where nothing may wait. Use TransactAsync.");
        }

        long version = durable.Join(transaction).Version(stream);
        if (_transactions.TryGetValue(transaction, out Dictionary<StreamId, FoldedStream<TState>>? loaded) && loaded.TryGetValue(stream, out FoldedStream<TState> own))
        {
            return own.Version == version ? own : throw OtherMeans(stream);
        }

        FoldedStream<TState> stored = await LoadAsync(stream, version, cancellationToken).ConfigureAwait(false);
        return stored.Version == version ? stored : throw OtherMeans(stream);
    }

    private static InvalidOperationException OtherMeans(StreamId stream) =>
        new($"The transaction has appended to the stream '{stream}' by other means than this repository, which cannot see that before the commit.");
}
