using DataIntensive.Idempotency;

namespace DataIntensive;

/// <summary>An idempotency processor in a database, with two modes.</summary>
/// <remarks>
/// <para><b>Guarantee.</b> <i>Transactional</i> (<see cref="In"/>, <c>ExecuteInTransactionAsync</c>): the effect and the completion of the
/// key are one commit, so each key has exactly one effect, also over crashes. <i>External</i> (<see cref="ExecuteAsync{T}"/>): the operation
/// does what it likes, and the completion is recorded after it, durably, before anybody gets the result.</para>
/// <list type="table">
/// <listheader><term>when the process ends</term><description>transactional / external</description></listheader>
/// <item><term>before the effect</term><description>nothing happened, a retry runs / the same</description></item>
/// <item><term>between effect and record</term><description>cannot be / the effect happened, and <b>a retry runs it again</b></description></item>
/// <item><term>after the record</term><description>a retry replays / the same</description></item>
/// </list>
/// <para>So an external effect happens at least once; pass the key on to what can tell repetitions itself.</para>
/// <para><b>Order.</b> Completions stand in the order of the log.</para>
/// <para><b>After a crash.</b> Every key whose result was given out is known, within <see cref="IdempotencyOptions.Retention"/>.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread.</para>
/// <para><b>Cost.</b> A replay is a look-up without a lock, and reading the result. A completion is one record in a commit; in
/// transactional mode the effect's own one.</para>
/// <para><b>Not guaranteed.</b> That an external effect is not repeated after a crash, or when its completion could not be recorded
/// (<see cref="IdempotencyOutcomeUnknownException"/>). That both modes may be mixed on a key: while an operation runs for it, a transaction
/// that asks for it is refused. That retention is right when the wall clock is not: the clock is taken never to go back, and a jump
/// forward makes keys too old at once.</para>
/// </remarks>
public sealed class DatabaseIdempotencyProcessor : IIdempotencyProcessor
{
    private readonly IdempotencyState _state;

    internal DatabaseIdempotencyProcessor(IdempotencyState state) => _state = state;

    internal Database Database => _state.Database;

    /// <summary>The processor's name.</summary>
    public string Name => _state.Name;

    internal int RunningCount => _state.Executions.Count;

    internal int CompletedCount => _state.CompletedCount;

    /// <inheritdoc />
    /// <exception cref="LogPoisonedException">A write failed earlier: the operation was not run.</exception>
    public ValueTask<IdempotentResult<T>> ExecuteAsync<T>(
        IdempotencyKey key,
        Func<CancellationToken, ValueTask<T>> operation,
        ICodec<T>? codec = null,
        CancellationToken cancellationToken = default) =>
        _state.Executions.ExecuteAsync(key, operation, codec ?? Codecs.Default<T>(), cancellationToken);

    /// <summary>
    /// Causes an effect inside the sequencer and completes the key, in one commit, unless the key is completed; then gives that result.
    /// </summary>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="key">What is to happen once.</param>
    /// <param name="effect">
    /// Reads and writes through the transaction. As in <see cref="Database.ExecuteAsync{T}"/>: short, without waiting and without I/O, and
    /// run again when the log has no room; nothing of the run before is kept. When it throws, nothing is written and the key stays free.
    /// </param>
    /// <param name="codec">How the result is kept; null for a type of <see cref="Codecs"/>.</param>
    /// <param name="durability">What the commit survives; null for the database's default.</param>
    /// <param name="cancellationToken">Stops the waiting; it never un-writes.</param>
    /// <returns>The result, and whether this call caused the effect.</returns>
    /// <exception cref="ArgumentException">As in <see cref="IdempotencyTransaction.Complete{T}"/>.</exception>
    /// <exception cref="InvalidOperationException">An operation is running for the key by <see cref="ExecuteAsync{T}"/>.</exception>
    /// <exception cref="IdempotentResultUnavailableException">It is completed, and its result cannot be given in this form.</exception>
    /// <exception cref="LogPoisonedException">A write failed, this one or an earlier one.</exception>
    public async ValueTask<IdempotentResult<T>> ExecuteInTransactionAsync<T>(
        IdempotencyKey key,
        Func<DatabaseTransaction, T> effect,
        ICodec<T>? codec = null,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        key.ThrowIfDefault();
        ArgumentNullException.ThrowIfNull(effect);
        cancellationToken.ThrowIfCancellationRequested();
        codec ??= Codecs.Default<T>();
        if (_state.TryGetAt(key, _state.Database.Visible, out StoredResult? stored))
        {
            return new IdempotentResult<T>(stored.Decode(key, codec), IdempotencyOutcome.Replayed);
        }

        (IdempotentResult<T> result, _) = await _state.Database.RunInSequencerAsync(
            static (transaction, call) => call.Processor.In(transaction).Once(call.Key, () => call.Effect(transaction), call.Codec),
            (Processor: this, Key: key, Effect: effect, Codec: codec),
            durability,
            cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>Causes an effect inside the sequencer and completes the key, in one commit, unless the key is completed.</summary>
    /// <returns>Whether this call caused the effect.</returns>
    /// <inheritdoc cref="ExecuteInTransactionAsync{T}"/>
    public async ValueTask<IdempotencyOutcome> ExecuteInTransactionAsync(
        IdempotencyKey key,
        Action<DatabaseTransaction> effect,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(effect);
        IdempotentResult<NoResult> result = await ExecuteInTransactionAsync(
            key,
            transaction =>
            {
                effect(transaction);
                return default(NoResult);
            },
            NoResultCodec.Instance,
            durability,
            cancellationToken).ConfigureAwait(false);
        return result.Outcome;
    }

    /// <summary>Joins a transaction.</summary>
    /// <exception cref="InvalidOperationException">The transaction is over, or of another database.</exception>
    public IdempotencyTransaction In(DatabaseTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        return new IdempotencyTransaction(_state.Join(transaction));
    }
}
