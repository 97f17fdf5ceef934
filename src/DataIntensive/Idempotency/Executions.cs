using DataIntensive.Diagnostics;

namespace DataIntensive.Idempotency;

// What is running now. A run stands in the table from before the last look at the completed keys until after its result can be found
// there, so that nobody who finds neither can start a second one. It stays there when all callers have gone: an operation that was
// asked to stop may still succeed. A store in memory keeps its results in the same table.
internal sealed partial class Executions(IKeyStore store, KeyTable table, IdempotencyOptions options, TimeProvider time, IdempotencyMetrics metrics)
{
    // Of this processor alone: an operation that asks another one is looked for in each.
    private readonly AsyncLocal<Execution?> _current = new();

    // Whether results are kept as bytes, by codecs.
    public bool KeepsBytes { get; init; }

    public IdempotencyMetrics Metrics => metrics;

    public int Count => table.All().Count(static entry => entry is Execution { IsKept: false });

    public bool IsRunning(IdempotencyKey key) => table.Find(key) is Execution { IsKept: false };

    // A store that keeps its results in this table has looked there itself.
    public ValueTask<IdempotentResult<T>> ExecuteAsync<T>(in Call<T> call, CancellationToken cancellationToken, bool wasLookedFor = false)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            if (!wasLookedFor && store.TryFind(call.Request.Key, out KeyEntry? kept))
            {
                return new ValueTask<IdempotentResult<T>>(Replay(kept, call));
            }

            Execution<T>? execution = Attach(call, cancellationToken, out bool runs, out Execution? leaving);
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

            if (store.TryFind(call.Request.Key, out KeyEntry? kept))
            {
                return Replay(kept, call);
            }

            execution = Attach(call, cancellationToken, out runs, out leaving);
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
    private Execution<T>? Attach<T>(in Call<T> call, CancellationToken cancellationToken, out bool runs, out Execution? leaving)
    {
        Execution? outer = _current.Value;
        ThrowIfReentered(call.Request.Key, outer);
        leaving = null;
        Execution<T> own = new(call.Request, call.Codec?.Name, StopRuleOf(call, cancellationToken));
        own.StartInside(outer);
        while (true)
        {
            KeyEntry found = table.GetOrAdd(own);
            runs = ReferenceEquals(found, own) || (found is Execution { IsKept: false } lapsed ? TryTakeOver(own, lapsed) : store.TryDisplace(found, own));
            if (runs)
            {
                Start(own, call);
                return own;
            }

            if (found is not Execution { IsKept: false } running)
            {
                return null;
            }

            if (!running.IsLost)
            {
                return Join(call, running, out leaving);
            }
        }
    }

    // Whoever runs it stays to its end if nothing can call it away.
    private StopRule StopRuleOf<T>(in Call<T> call, CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled && (call.Options?.WhenAbandoned ?? options.WhenAbandoned) == AbandonPolicy.Cancel
            ? StopRule.WhenLeft
            : options.LeaseRenewal == LeaseRenewal.ByOperation ? StopRule.WhenLeaseIsLost : StopRule.Never;

    private bool TryTakeOver(Execution own, Execution running) =>
        options.LeaseRenewal == LeaseRenewal.ByOperation && own.TryTakeOver(running, time, options.Lease) && table.TryReplace(running, own);

    private Execution<T>? Join<T>(in Call<T> call, Execution running, out Execution? leaving)
    {
        leaving = null;
        ThrowIfOther(running, call.Request);

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

    private void ThrowIfOther(KeyEntry found, in IdempotencyRequest request)
    {
        if (found.Fingerprint.Contradicts(request.Fingerprint))
        {
            metrics.Add(IdempotencyMetrics.Mismatched);
            found.ThrowIfOther(request);
        }
    }

    private static void ThrowIfReentered(in IdempotencyKey key, Execution? inside)
    {
        for (; inside is { HasEnded: false }; inside = inside.Outer)
        {
            if (inside.Is(key))
            {
                throw new InvalidOperationException($"The operation of the key {key} asked for its own key: it would wait for itself.");
            }
        }
    }

    private IdempotentResult<T> Replay<T>(KeyEntry kept, in Call<T> call)
    {
        ThrowIfOther(kept, call.Request);
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
