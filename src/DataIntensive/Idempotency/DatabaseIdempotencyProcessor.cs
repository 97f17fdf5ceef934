using DataIntensive.Diagnostics;
using DataIntensive.Idempotency;

namespace DataIntensive;

/// <summary>An idempotency processor in a database, with two modes.</summary>
/// <remarks>
/// <para><b>Guarantee.</b> <i>Transactional</i> (<see cref="In"/>, <c>ExecuteInTransactionAsync</c>): the effect and the completion of the
/// key are one commit, so each key has exactly one effect, also over crashes. <i>External</i> (<c>ExecuteAsync</c>): the key is claimed
/// durably, the operation does what it likes, and the completion is recorded durably before anybody gets the result.</para>
/// <list type="table">
/// <listheader><term>when the process ends</term><description>transactional / external</description></listheader>
/// <item><term>before the effect</term><description>nothing happened, a retry runs / outcome unknown, from the claim on</description></item>
/// <item><term>between effect and record</term><description>cannot be / <b>outcome unknown</b>: <see cref="UnknownOutcomePolicy"/> says what a retry does</description></item>
/// <item><term>after the record</term><description>a retry replays / the same</description></item>
/// </list>
/// <para>An external effect happens at most once with <see cref="UnknownOutcomePolicy.Fail"/> and at least once with
/// <see cref="UnknownOutcomePolicy.Rerun"/>; pass <see cref="IdempotencyContext.ChildKey"/> on to what can tell repetitions itself.</para>
/// <para><b>Order.</b> Completions stand in the order of the log. A fencing token is the position of the claim, so later runs have higher
/// ones, in this database for ever.</para>
/// <para><b>After a crash.</b> Every key whose result was given out is known, within <see cref="IdempotencyOptions.Retention"/>; every
/// key that was claimed and neither completed nor released is known to be of unknown outcome. One process writes a database, so opening
/// it proves that former owners are gone: no lease is waited for.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread.</para>
/// <para><b>Cost.</b> A replay is a look-up without a lock, and reading the result. In transactional mode a completion is one record in
/// the effect's own commit; an external operation costs two durable commits, and one for each step.</para>
/// <para><b>Not guaranteed.</b> Exactly one external effect: no local record can promise that. That both modes may be mixed on a key:
/// while an operation runs for it, a transaction that asks for it is refused. That retention is right when the wall clock is not: the
/// clock is taken never to go back, and a jump forward makes completed keys too old at once; running ones it leaves alone.</para>
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

    internal int OpenCount => _state.OpenCount;

    /// <inheritdoc />
    /// <exception cref="LogPoisonedException">A write failed earlier: the operation was not run.</exception>
    public ValueTask<IdempotentResult<T>> ExecuteAsync<T>(
        IdempotencyKey key,
        Func<CancellationToken, ValueTask<T>> operation,
        ICodec<T>? codec = null,
        CancellationToken cancellationToken = default) =>
        _state.Executions.ExecuteAsync(new Call<T>(key, operation, codec ?? Codecs.Default<T>()), cancellationToken);

    /// <inheritdoc />
    /// <exception cref="LogPoisonedException">A write failed earlier: the operation was not run.</exception>
    public ValueTask<IdempotentResult<T>> ExecuteAsync<T>(
        IdempotencyRequest request,
        Func<IdempotencyContext, ValueTask<T>> operation,
        IdempotencyCall<T>? call = null,
        CancellationToken cancellationToken = default) =>
        _state.Executions.ExecuteAsync(new Call<T>(request, operation, call, call?.Codec ?? Codecs.Default<T>()), cancellationToken);

    /// <summary>
    /// Causes an effect inside the sequencer and completes the key, in one commit, unless the key is completed; then gives that result.
    /// </summary>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="request">What is to happen once: a key, with the request's fingerprint if it is to be compared.</param>
    /// <param name="effect">
    /// Reads and writes through the transaction. As in <see cref="Database.ExecuteAsync{T}"/>: short, without waiting and without I/O, and
    /// run again when the log has no room; nothing of the run before is kept. When it throws, nothing is written and the key stays free;
    /// but for an <see cref="IdempotentFailureException"/>, which completes the key as the failure that it is.
    /// </param>
    /// <param name="codec">How the result is kept; null for a type of <see cref="Codecs"/>.</param>
    /// <param name="durability">What the commit survives; null for the database's default.</param>
    /// <param name="cancellationToken">Stops the waiting; it never un-writes.</param>
    /// <returns>The result, and whether this call caused the effect.</returns>
    /// <exception cref="ArgumentException">As in <see cref="IdempotencyTransaction.Complete{T}"/>.</exception>
    /// <exception cref="InvalidOperationException">An operation is running for the key outside of transactions, or has left steps there.</exception>
    /// <exception cref="IdempotencyMismatchException">The key belongs to a request with another fingerprint.</exception>
    /// <exception cref="IdempotencyOutcomeUnknownException">An operation was begun outside of transactions, and has not told how it ended.</exception>
    /// <exception cref="IdempotentFailureException">It failed definitely, now or earlier.</exception>
    /// <exception cref="IdempotentResultUnavailableException">It is completed, and its result cannot be given in this form.</exception>
    /// <exception cref="LogPoisonedException">A write failed, this one or an earlier one.</exception>
    public async ValueTask<IdempotentResult<T>> ExecuteInTransactionAsync<T>(
        IdempotencyRequest request,
        Func<DatabaseTransaction, T> effect,
        ICodec<T>? codec = null,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        request.Key.ThrowIfDefault();
        ArgumentNullException.ThrowIfNull(effect);
        cancellationToken.ThrowIfCancellationRequested();
        codec ??= Codecs.Default<T>();
        if (_state.TryGetAt(request.Key, _state.Database.Visible, out StoredResult? stored))
        {
            return Replay(stored, request, codec);
        }

        TransactionalRun<T> run = new(this, request, effect, codec);
        try
        {
            (IdempotentResult<T> result, _) = await _state.Database.RunInSequencerAsync(
                static (transaction, run) => run.Run(transaction),
                run,
                durability,
                cancellationToken).ConfigureAwait(false);
            return result;
        }
        catch (IdempotentFailureException failure) when (run.HasFailed)
        {
            await _state.Database.RunInSequencerAsync(
                static (transaction, call) => call.run.Fail(transaction, call.failure.Failure),
                (run, failure),
                durability,
                cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Causes an effect inside the sequencer and completes the key, in one commit, unless the key is completed.</summary>
    /// <returns>Whether this call caused the effect.</returns>
    /// <inheritdoc cref="ExecuteInTransactionAsync{T}"/>
    public async ValueTask<IdempotencyOutcome> ExecuteInTransactionAsync(
        IdempotencyRequest request,
        Action<DatabaseTransaction> effect,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(effect);
        IdempotentResult<NoResult> result = await ExecuteInTransactionAsync(
            request,
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

    private IdempotentResult<T> Replay<T>(StoredResult stored, in IdempotencyRequest request, ICodec<T> codec)
    {
        if (stored.Fingerprint.Contradicts(request.Fingerprint))
        {
            _state.Metrics.Add(IdempotencyMetrics.Mismatched);
            stored.ThrowIfOther(request);
        }

        _state.Metrics.Add(IdempotencyMetrics.Replayed);
        return new IdempotentResult<T>(stored.Read(request.Key, codec), IdempotencyOutcome.Replayed);
    }

    // A definite failure ends the transaction like any other; it is kept by one of its own, which has no effect besides.
    private sealed class TransactionalRun<T>(DatabaseIdempotencyProcessor processor, IdempotencyRequest request, Func<DatabaseTransaction, T> effect, ICodec<T> codec)
    {
        public bool HasFailed { get; private set; }

        public IdempotentResult<T> Run(DatabaseTransaction transaction)
        {
            IdempotencyTransaction keys = processor.In(transaction);
            if (keys.TryReplay(request, out T? kept, codec))
            {
                return new IdempotentResult<T>(kept, IdempotencyOutcome.Replayed);
            }

            T result;
            try
            {
                result = effect(transaction);
            }
            catch (IdempotentFailureException)
            {
                HasFailed = true;
                throw;
            }

            keys.Complete(request, result, codec);
            return new IdempotentResult<T>(result, IdempotencyOutcome.Executed);
        }

        public bool Fail(DatabaseTransaction transaction, DefiniteFailure failure)
        {
            // In between another call may have come to another end.
            IdempotencyTransaction keys = processor.In(transaction);
            if (!keys.TryReplay(request, out _, codec))
            {
                keys.Fail(request, failure);
            }

            return true;
        }
    }
}
