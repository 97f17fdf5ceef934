using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using DataIntensive.Diagnostics;

namespace DataIntensive.Idempotency;

/// <summary>An idempotency processor in memory, without a log. <see cref="IdempotencyProcessor"/> makes it.</summary>
/// <remarks>
/// <para><b>Guarantee.</b> One operation runs at a time per key, and none runs while a success or a definite failure is kept.</para>
/// <para><b>Order.</b> A caller that gets a result gets it after it was kept.</para>
/// <para><b>After a crash.</b> Nothing is left: every key runs again.</para>
/// <para><b>Thread safety.</b> Every member may be called from any thread. Callers share the results: treat them as immutable.</para>
/// <para><b>Cost.</b> A replay is one look-up without a lock and without memory. A completion takes a lock that all keys share, for a
/// moment.</para>
/// <para><b>Not guaranteed.</b> Durability, and keys beyond <see cref="IdempotencyOptions.Retention"/> and
/// <see cref="IdempotencyOptions.MaxKeys"/>. What results take in memory is not bounded: they are kept as they are.</para>
/// </remarks>
public sealed class InMemoryIdempotencyProcessor : IIdempotencyProcessor, IKeyStore
{
    private const int TokenCounters = 64;
    private const int TokenSpacing = 16;

    private readonly Lock _gate = new();

    // One for each of some parts of all keys, in cache lines of their own: all that is promised is that later runs of a key have higher ones.
    private readonly long[] _fencingTokens = new long[TokenCounters * TokenSpacing];
    private readonly KeyTable _entries = new();
    private readonly RetentionClock _clock;
    private readonly CompletedKeys _completed;
    private readonly Executions _executions;
    private readonly IdempotencyMetrics _metrics;

    internal InMemoryIdempotencyProcessor(IdempotencyOptions options, TimeProvider timeProvider, IMeterFactory? meterFactory)
    {
        _metrics = IdempotencyMetrics.Of(Telemetry.MeterOf(meterFactory));
        _clock = new RetentionClock(timeProvider, options.Retention);
        _completed = new CompletedKeys(_entries, options, _clock, OnForgotten);
        _executions = new Executions(this, _entries, options, timeProvider, _metrics);
    }

    internal int RunningCount => _executions.Count;

    internal int CompletedCount => _completed.Count;

    // How long the line by age is.
    internal int AgeCount
    {
        get
        {
            lock (_gate)
            {
                return _completed.AgeCount_NeedsLock;
            }
        }
    }

    // Completed, running and paused ones.
    internal int EntryCount => _entries.Count;

    /// <inheritdoc />
    public ValueTask<IdempotentResult<T>> ExecuteAsync<T>(
        IdempotencyKey key,
        Func<CancellationToken, ValueTask<T>> operation,
        ICodec<T>? codec = null,
        CancellationToken cancellationToken = default) =>
        operation is not null && TryReplay(key, codec, cancellationToken, out T? kept)
            ? new ValueTask<IdempotentResult<T>>(new IdempotentResult<T>(kept, IdempotencyOutcome.Replayed))
            : _executions.ExecuteAsync(new Call<T>(key, operation!, codec), cancellationToken, wasLookedFor: true);

    /// <inheritdoc />
    public ValueTask<IdempotentResult<T>> ExecuteAsync<T>(
        IdempotencyRequest request,
        Func<IdempotencyContext, ValueTask<T>> operation,
        IdempotencyCall<T>? call = null,
        CancellationToken cancellationToken = default)
    {
        Call<T> asked = new(request, operation, call, call?.Codec);
        return TryReplay(request, call?.Codec, cancellationToken, out T? kept)
            ? new ValueTask<IdempotentResult<T>>(new IdempotentResult<T>(kept, IdempotencyOutcome.Replayed))
            : _executions.ExecuteAsync(asked, cancellationToken, wasLookedFor: true);
    }

    bool IKeyStore.TryFind(IdempotencyKey key, [MaybeNullWhen(false)] out KeyEntry kept) => _completed.TryGet(key, out kept);

    // Its run stands in the table already.
    ValueTask<Claim> IKeyStore.ClaimAsync(Execution execution, long overUnknown) =>
        new(new Claim(ClaimKind.Claimed, NextToken(execution.Key), execution.Progress));

    ValueTask IKeyStore.CompleteAsync(Execution execution, KeyEntry outcome)
    {
        lock (_gate)
        {
            if (ReferenceEquals(outcome, execution))
            {
                if (!execution.TryKeep(_clock.Stamp()))
                {
                    throw new IdempotencyLeaseLostException(execution.Key, execution.FencingToken);
                }

                _completed.Added_NeedsLock(outcome);
            }
            else
            {
                outcome.CompletedAt = _clock.Stamp();
                if (!_completed.TryAdd_NeedsLock(outcome, execution))
                {
                    throw new IdempotencyLeaseLostException(execution.Key, execution.FencingToken);
                }
            }

            _completed.SweepAtNewest_NeedsLock();
        }

        return ValueTask.CompletedTask;
    }

    // What a run has recorded is with the run.
    ValueTask IKeyStore.RecordAsync(Execution execution, KeyChange change) => ValueTask.CompletedTask;

    ValueTask<KeyChange> IKeyStore.RecordAsync(Execution execution, Func<DatabaseTransaction, KeyChange> step) =>
        throw new NotSupportedException("The keys stand in memory: there is no database whose transaction a step could use.");

    ValueTask IKeyStore.ReleaseAsync(Execution execution)
    {
        if (!execution.Progress.IsNone)
        {
            PausedKey paused = new(execution.Progress) { Fingerprint = execution.Request.Fingerprint };
            lock (_gate)
            {
                paused.CompletedAt = _clock.Stamp();
                _completed.TryAdd_NeedsLock(paused, execution);
            }
        }

        return ValueTask.CompletedTask;
    }

    bool IKeyStore.TryDisplace(KeyEntry found, Execution by)
    {
        bool isExpired = _clock.IsExpired(found.CompletedAt);
        if (!isExpired && found is not PausedKey)
        {
            return false;
        }

        if (!isExpired && found is PausedKey paused)
        {
            if (paused.Fingerprint.Contradicts(by.Request.Fingerprint))
            {
                _metrics.Add(IdempotencyMetrics.Mismatched);
                paused.ThrowIfOther(by.Request);
            }

            by.Progress = paused.Progress;
        }

        lock (_gate)
        {
            return _completed.TryDisplace_NeedsLock(found, by);
        }
    }

    private long NextToken(in IdempotencyKey key) => Interlocked.Increment(ref _fencingTokens[(int)(key.Hash % TokenCounters) * TokenSpacing]);

    private bool TryReplay<T>(in IdempotencyRequest request, ICodec<T>? codec, CancellationToken cancellationToken, [MaybeNullWhen(false)] out T kept)
    {
        if (_entries.Find(request.Key) is Execution<T> { IsKept: true } result
            && result.IsReadBy(codec)
            && !result.Fingerprint.Contradicts(request.Fingerprint)
            && !_clock.IsExpired(result.CompletedAt)
            && !cancellationToken.IsCancellationRequested)
        {
            _metrics.Add(IdempotencyMetrics.Replayed);
            kept = result.Value;
            return true;
        }

        kept = default;
        return false;
    }

    private void OnForgotten(KeyEntry entry, bool isTooOld)
    {
        if (isTooOld)
        {
            _metrics.Expired();
        }
    }
}
