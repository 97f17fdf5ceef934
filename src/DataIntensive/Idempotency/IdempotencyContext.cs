using System.Diagnostics.CodeAnalysis;
using DataIntensive.Idempotency;

namespace DataIntensive;

/// <summary>What a running operation is given: its token, its key's fencing token, and recovery points.</summary>
/// <remarks>
/// It may be used until the operation ends, by any thread. A recovery point is a step: once it has happened and was recorded, neither a
/// retry nor a run after a crash repeats it. Code between steps is run again, and should come to the same steps.
/// </remarks>
public sealed class IdempotencyContext
{
    private const int MaxNameLength = 255;

    private readonly Executions _owner;
    private readonly Execution _execution;
    private StepGate? _steps;

    internal IdempotencyContext(Executions owner, Execution execution)
    {
        _owner = owner;
        _execution = execution;
        FencingToken = execution.FencingToken;
        IsResumed = !execution.Progress.IsNone;
    }

    /// <summary>The key.</summary>
    public IdempotencyKey Key => _execution.Key;

    /// <summary>
    /// Higher than that of every earlier run of this key. Pass it on to what can refuse a lower one than it has seen: a run that lost its
    /// lease, and does not know yet, does no harm there.
    /// </summary>
    public long FencingToken { get; }

    /// <summary>Cancelled when the last caller has gone and <see cref="AbandonPolicy.Cancel"/> holds, or when the lease is lost.</summary>
    public CancellationToken CancellationToken => _execution.Token;

    // Made by the first step: most operations have none.
    private StepGate Steps => Volatile.Read(ref _steps) ?? Interlocked.CompareExchange(ref _steps, new StepGate(), null) ?? _steps;

    /// <summary>Whether an earlier run recorded steps, so that this one goes on from there.</summary>
    public bool IsResumed { get; }

    /// <summary>
    /// Makes a key for a call to somebody else, who does it once per key: the same in every run of this operation, in every process.
    /// </summary>
    /// <param name="name">Which call of this operation it is. 1 to 255 characters.</param>
    /// <exception cref="ArgumentException">The name is empty or too long.</exception>
    public IdempotencyKey ChildKey(string name)
    {
        ThrowIfNoName(name);
        return _execution.Key.Child(name);
    }

    /// <summary>Holds the key for another <see cref="IdempotencyOptions.Lease"/>, with <see cref="LeaseRenewal.ByOperation"/>.</summary>
    /// <exception cref="IdempotencyLeaseLostException">It had run out, and another run has the key. Stop.</exception>
    /// <exception cref="InvalidOperationException">The operation has ended.</exception>
    public void RenewLease() => _owner.Renew(_execution);

    /// <summary>
    /// Does a step and records its result, or gives the recorded one. A crash between doing and recording leaves the step to be done
    /// again: pass <see cref="ChildKey"/> on to what can tell repetitions. A step that throws is not recorded.
    /// </summary>
    /// <typeparam name="T">The type of the step's result.</typeparam>
    /// <param name="name">Which step of this operation it is; each once. 1 to 255 characters, at most 1,000 steps.</param>
    /// <param name="step">Does it. Gets the operation's token.</param>
    /// <param name="compensate">
    /// Undoes it when the operation fails definitely: after all later steps were undone, and once, but for a crash before that was
    /// recorded. Gets the step's result; what it throws leaves the key to a later call, which goes on undoing. Null: nothing to undo.
    /// </param>
    /// <param name="codec">How the result is kept; null for a type of <see cref="Codecs"/>. Memory keeps the result as it is.</param>
    /// <returns>The step's result.</returns>
    /// <exception cref="IdempotencyLeaseLostException">Another run has the key: nothing was recorded.</exception>
    /// <exception cref="IdempotencyOutcomeUnknownException">The step was done, and that could not be recorded.</exception>
    /// <exception cref="IdempotentFailureException">The operation has failed definitely in an earlier run, and is only going back.</exception>
    /// <exception cref="IdempotentResultUnavailableException">It was done, and its recorded result cannot be given in this form.</exception>
    /// <exception cref="InvalidOperationException">The step was asked for twice, there are too many, or the operation has ended.</exception>
    public ValueTask<T> StepAsync<T>(
        string name,
        Func<CancellationToken, ValueTask<T>> step,
        Func<T, CancellationToken, ValueTask>? compensate = null,
        ICodec<T>? codec = null)
    {
        ArgumentNullException.ThrowIfNull(step);
        return OnceAsync(name, DoAsync, compensate, codec);

        async ValueTask<T> DoAsync(ICodec<T>? codec)
        {
            T result = await step(_execution.Token).ConfigureAwait(false);
            KeyChange done = new KeyChange.StepDone(name, _owner.KeepStep(result, codec), compensate is not null);
            await RecordAsync(() => _owner.RecordAsync(_execution, done)).ConfigureAwait(false);
            return result;
        }
    }

    /// <summary>
    /// Does a step whose effect is in the database of the processor, and records its result in the same commit; or gives the recorded one.
    /// No crash leaves one without the other.
    /// </summary>
    /// <typeparam name="T">The type of the step's result.</typeparam>
    /// <param name="name">Which step of this operation it is; each once. 1 to 255 characters, at most 1,000 steps.</param>
    /// <param name="step">
    /// Reads and writes through the transaction. As in <see cref="Database.ExecuteAsync{T}"/>: short, without waiting and without I/O, and run
    /// again when the log has no room. When it throws, nothing is written, and the step is not recorded.
    /// </param>
    /// <param name="compensate">Undoes it when the operation fails definitely, as in <see cref="StepAsync{T}"/>.</param>
    /// <param name="codec">How the result is kept; null for a type of <see cref="Codecs"/>.</param>
    /// <returns>The step's result.</returns>
    /// <exception cref="ArgumentException">
    /// The codec cannot write the result, or it is larger than <see cref="IdempotencyOptions.MaxResultBytes"/>: nothing was written.
    /// </exception>
    /// <exception cref="IdempotencyLeaseLostException">Another run has the key: nothing was written.</exception>
    /// <exception cref="IdempotencyOutcomeUnknownException">The commit failed, and may have been written.</exception>
    /// <exception cref="IdempotentFailureException">The operation has failed definitely in an earlier run, and is only going back.</exception>
    /// <exception cref="IdempotentResultUnavailableException">It was done, and its recorded result cannot be given in this form.</exception>
    /// <exception cref="InvalidOperationException">The step was asked for twice, there are too many, or the operation has ended.</exception>
    /// <exception cref="NotSupportedException">The processor stands in memory alone, without a database.</exception>
    public ValueTask<T> StepInTransactionAsync<T>(
        string name,
        Func<DatabaseTransaction, T> step,
        Func<T, CancellationToken, ValueTask>? compensate = null,
        ICodec<T>? codec = null)
    {
        ArgumentNullException.ThrowIfNull(step);
        return OnceAsync(name, DoAsync, compensate, codec);

        async ValueTask<T> DoAsync(ICodec<T>? codec)
        {
            T result = default!;
            await RecordAsync(() => _owner.RecordAsync(
                _execution,
                transaction =>
                {
                    result = step(transaction);
                    return new KeyChange.StepDone(name, _owner.KeepInTransaction(result, codec!), compensate is not null);
                })).ConfigureAwait(false);
            return result;
        }
    }

    /// <summary>Does a step without a result, unless it was done.</summary>
    /// <inheritdoc cref="StepAsync{T}"/>
    public async ValueTask StepAsync(string name, Func<CancellationToken, ValueTask> step, Func<CancellationToken, ValueTask>? compensate = null)
    {
        ArgumentNullException.ThrowIfNull(step);
        await StepAsync(
            name,
            async stop =>
            {
                await step(stop).ConfigureAwait(false);
                return default(NoResult);
            },
            compensate is null ? null : (_, stop) => compensate(stop),
            NoResultCodec.Instance).ConfigureAwait(false);
    }

    private async ValueTask<T> OnceAsync<T>(string name, Func<ICodec<T>?, ValueTask<T>> doAsync, Func<T, CancellationToken, ValueTask>? compensate, ICodec<T>? codec)
    {
        Enter(name);
        codec = _owner.KeepsBytes ? codec ?? Codecs.Default<T>() : codec;
        T result;
        if (_execution.Progress.Find(name) is { } recorded)
        {
            result = recorded.Result.Read(Key, codec);
        }
        else
        {
            ThrowIfGoingBack();
            result = await doAsync(codec).ConfigureAwait(false);
        }

        if (compensate is not null)
        {
            _execution.Details.OnGoingBack(name, stop => compensate(result, stop));
        }

        return result;
    }

    private static void ThrowIfNoName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > MaxNameLength)
        {
            throw new ArgumentException($"The name has {name.Length} characters; {MaxNameLength} are allowed.", nameof(name));
        }
    }

    private void Enter(string name)
    {
        ThrowIfNoName(name);
        if (_execution.HasEnded)
        {
            throw new InvalidOperationException($"The operation of the key {Key} has ended.");
        }

        Steps.Enter(name);
    }

    private void ThrowIfGoingBack()
    {
        if (_execution.Progress.Failure is { } failure)
        {
            throw new IdempotentFailureException(failure);
        }
    }

    // One after another: steps may be done side by side.
    private async ValueTask RecordAsync(Func<ValueTask> recordAsync)
    {
        await Steps.Recording.WaitAsync().ConfigureAwait(false);
        try
        {
            await recordAsync().ConfigureAwait(false);
        }
        finally
        {
            Steps.Recording.Release();
        }
    }

    [SuppressMessage("Design", "CA1001", Justification = "Its semaphore has no wait handle, and so holds nothing.")]
    private sealed class StepGate
    {
        private readonly HashSet<string> _entered = new(StringComparer.Ordinal);

        public SemaphoreSlim Recording { get; } = new(1, 1);

        public void Enter(string name)
        {
            lock (_entered)
            {
                if (_entered.Count == KeyProgress.MaxSteps)
                {
                    throw new InvalidOperationException($"An operation has {KeyProgress.MaxSteps} steps at most.");
                }

                if (!_entered.Add(name))
                {
                    throw new InvalidOperationException($"The step '{name}' was asked for already.");
                }
            }
        }
    }
}
