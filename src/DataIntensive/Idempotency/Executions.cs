using System.Collections.Concurrent;
using DataIntensive.Diagnostics;

namespace DataIntensive.Idempotency;

// What is running now. A run stands in the table from before the last look at the completed keys until after its result can be found
// there, so that nobody who finds neither can start a second one. It stays there when all callers have gone: an operation that was
// asked to stop may still succeed. A store in memory keeps its results in the same table.
internal sealed partial class Executions(IKeyStore store, ConcurrentDictionary<IdempotencyKey, KeyEntry> table, IdempotencyOptions options, TimeProvider time, IdempotencyMetrics metrics)
{
    private static readonly AsyncLocal<Execution?> Current = new();

    // Whether results are kept as bytes, by codecs.
    public bool KeepsBytes { get; init; }

    public IdempotencyMetrics Metrics => metrics;

    public int Count => table.Values.Count(static entry => entry is Execution);

    public bool IsRunning(IdempotencyKey key) => table.TryGetValue(key, out KeyEntry? entry) && entry is Execution;

    // A store that keeps its results in this table has looked there itself.
    public ValueTask<IdempotentResult<T>> ExecuteAsync<T>(in Call<T> call, CancellationToken cancellationToken, bool wasLookedFor = false)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            if (!wasLookedFor && store.TryFind(call.Request.Key, out CompletedKey? kept))
            {
                return new ValueTask<IdempotentResult<T>>(Replay(kept, call));
            }

            Execution<T>? execution = Attach(call, out bool runs, out Execution? leaving);
            return runs && execution!.HasSucceeded && execution.TryGive(ran: true, out IdempotentResult<T> result)
                ? new ValueTask<IdempotentResult<T>>(Counted(result))
                : WaitAsync(call, execution, runs, leaving, cancellationToken);
        }
        catch (Exception failure)
        {
            return ValueTask.FromException<IdempotentResult<T>>(failure);
        }
    }

    private async ValueTask<IdempotentResult<T>> WaitAsync<T>(Call<T> call, Execution<T>? execution, bool runs, Execution? leaving, CancellationToken cancellationToken)
    {
        long since = time.GetTimestamp();
        while (true)
        {
            if (execution is not null)
            {
                try
                {
                    await WaitForAsync(execution, call, runs, since, cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    execution.Leave();
                }

                if (execution.TryGive(runs, out IdempotentResult<T> result))
                {
                    return Counted(result);
                }
            }
            else if (leaving is not null)
            {
                // It was asked to stop. Only when it has ended is it known whether it succeeded nevertheless.
                await WaitForAsync(leaving, call, runs: false, since, cancellationToken).ConfigureAwait(false);
            }

            if (store.TryFind(call.Request.Key, out CompletedKey? kept))
            {
                return Replay(kept, call);
            }

            execution = Attach(call, out runs, out leaving);
        }
    }

    private async ValueTask WaitForAsync<T>(Execution execution, Call<T> call, bool runs, long since, CancellationToken cancellationToken)
    {
        if (runs || (call.Options?.Duplicates ?? options.Duplicates) != DuplicatePolicy.Wait)
        {
            await execution.Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        TimeSpan left = (call.Options?.WaitTimeout ?? options.WaitTimeout) - time.GetElapsedTime(since);
        try
        {
            await execution.Completion.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            metrics.Add(IdempotencyMetrics.Rejected);
            throw new IdempotencyInProgressException(call.Request.Key);
        }
    }

    // Joins the run of the key, or begins one. Null: look again, once the one that is leaving has ended.
    private Execution<T>? Attach<T>(in Call<T> call, out bool runs, out Execution? leaving)
    {
        IdempotencyKey key = call.Request.Key;
        ThrowIfReentered(key);
        leaving = null;
        Execution? outer = Current.Value;
        Execution<T> own = new(this, call.Request, call.Codec?.Name, outer is { HasEnded: false } ? outer : null, call.Options?.WhenAbandoned ?? options.WhenAbandoned);
        while (true)
        {
            KeyEntry found = table.GetOrAdd(key, own);
            runs = ReferenceEquals(found, own) || (found is Execution lapsed ? TryTakeOver(key, own, lapsed) : store.TryDisplace(found, own));
            if (runs)
            {
                _ = RunAsync(own, call);
                return own;
            }

            if (found is not Execution running)
            {
                return null;
            }

            if (!running.IsLost)
            {
                return Join(call, running, out leaving);
            }
        }
    }

    private bool TryTakeOver(IdempotencyKey key, Execution own, Execution running) =>
        options.LeaseRenewal == LeaseRenewal.ByOperation && own.TryTakeOver(running, time, options.Lease) && table.TryUpdate(key, own, running);

    private Execution<T>? Join<T>(in Call<T> call, Execution running, out Execution? leaving)
    {
        leaving = null;
        if (running.Request.Fingerprint.Contradicts(call.Request.Fingerprint))
        {
            metrics.Add(IdempotencyMetrics.Mismatched);
            throw new IdempotencyMismatchException(running.Key, running.Request.Fingerprint, call.Request.Fingerprint);
        }

        if (running is not Execution<T> typed || (call.Codec is { } codec && running.Codec is { } other && codec.Name != other))
        {
            throw new IdempotentResultUnavailableException(
                running.Key,
                running.Codec ?? "another type",
                call.Codec?.Name ?? typeof(T).ToString(),
                "it is running with another type of result.");
        }

        if ((call.Options?.Duplicates ?? options.Duplicates) == DuplicatePolicy.Reject)
        {
            metrics.Add(IdempotencyMetrics.Rejected);
            throw new IdempotencyInProgressException(running.Key);
        }

        if (typed.TryJoin())
        {
            return typed;
        }

        leaving = typed;
        return null;
    }

    private void ThrowIfReentered(IdempotencyKey key)
    {
        for (Execution? inside = Current.Value; inside is { HasEnded: false }; inside = inside.Outer)
        {
            if (ReferenceEquals(inside.Owner, this) && inside.Key == key)
            {
                throw new InvalidOperationException($"The operation of the key {key} asked for its own key: it would wait for itself.");
            }
        }
    }

    private IdempotentResult<T> Replay<T>(CompletedKey kept, in Call<T> call)
    {
        if (kept.Fingerprint.Contradicts(call.Request.Fingerprint))
        {
            metrics.Add(IdempotencyMetrics.Mismatched);
            kept.ThrowIfOther(call.Request);
        }

        metrics.Add(IdempotencyMetrics.Replayed);
        return new IdempotentResult<T>(kept.Read(call.Request.Key, call.Codec), IdempotencyOutcome.Replayed);
    }

    private IdempotentResult<T> Counted<T>(in IdempotentResult<T> result)
    {
        metrics.Add(result.Outcome switch
        {
            IdempotencyOutcome.Executed => IdempotencyMetrics.Executed,
            IdempotencyOutcome.Joined => IdempotencyMetrics.Joined,
            _ => IdempotencyMetrics.Replayed,
        });
        return result;
    }
}
