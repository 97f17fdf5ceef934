using System.Collections.Immutable;
using DataIntensive.Diagnostics;

namespace DataIntensive.Idempotency;

// A run from its claim to its end: what it records, and what is done when it fails.
internal sealed partial class Executions
{
    public async ValueTask RecordAsync(Execution execution, KeyChange change)
    {
        try
        {
            await metrics.MeasureAsync(IdempotencyMetrics.Step, time, metrics.Start(time), store.RecordAsync(execution, change)).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not IdempotencyLeaseLostException)
        {
            throw new IdempotencyOutcomeUnknownException(execution.Key, failure);
        }

        if (!execution.TryAdvance(change))
        {
            throw new IdempotencyLeaseLostException(execution.Key, execution.FencingToken);
        }
    }

    public CompletedKey Keep<T>(T value, ICodec<T>? codec) =>
        KeepsBytes ? StoredResult.EncodeOrDrop(value, codec!, options.MaxResultBytes) : new MemoryResult<T>(value, codec?.Name);

    public void Renew(Execution execution)
    {
        if (execution.HasEnded)
        {
            throw new InvalidOperationException($"The operation of the key {execution.Key} has ended.");
        }

        if (!execution.TryRenew(time.GetTimestamp()))
        {
            throw new IdempotencyLeaseLostException(execution.Key, execution.FencingToken);
        }
    }

    // Never fails: what goes wrong goes to those who wait. An asynchronous method, so that what it sets as current ends with it.
    private async Task RunAsync<T>(Execution<T> execution, Call<T> call)
    {
        try
        {
            Claim claim = await ClaimAsync(execution, execution.Overtaken).ConfigureAwait(false);
            if (claim.Kind == ClaimKind.Unknown)
            {
                claim = await SettleAsync(execution, call, claim.Unknown!).ConfigureAwait(false);
            }

            if (claim.Kind == ClaimKind.Claimed)
            {
                execution.Begin(claim, Now());
                await RunClaimedAsync(execution, call).ConfigureAwait(false);
            }
        }
        catch (Exception failure)
        {
            Fail(execution, failure);
        }

        if (!execution.IsReplaced)
        {
            // Unless another one has taken over.
            table.TryRemove(KeyValuePair.Create<IdempotencyKey, KeyEntry>(execution.Key, execution));
        }

        execution.End();
    }

    // Where no lease runs out, nobody asks when it was renewed.
    private long Now() => options.LeaseRenewal == LeaseRenewal.ByOperation ? time.GetTimestamp() : 0;

    private ValueTask<Claim> ClaimAsync(Execution execution, long overUnknown) =>
        metrics.MeasureAsync(IdempotencyMetrics.Claim, time, metrics.Start(time), store.ClaimAsync(execution, overUnknown));

    private async ValueTask<Claim> SettleAsync<T>(Execution<T> execution, Call<T> call, UnknownOutcome unknown)
    {
        // Who is asked and asks for the same key would wait for itself.
        Current.Value = execution;
        UnknownOutcomePolicy policy = call.Options?.WhenUnknown ?? options.WhenUnknown;
        RecoveryAnswer<T> answer = policy switch
        {
            UnknownOutcomePolicy.Rerun => RecoveryAnswer.Rerun<T>(),
            UnknownOutcomePolicy.Ask when call.Options?.Recover is { } recover => await recover(unknown, execution.Token).ConfigureAwait(false),
            _ => default,
        };
        if (answer.Kind == RecoveryAnswerKind.Unknown)
        {
            throw new IdempotencyOutcomeUnknownException(unknown);
        }

        // Under a new token either way: whatever the earlier run still does is refused from here on.
        Claim claim = await ClaimAsync(execution, unknown.FencingToken).ConfigureAwait(false);
        if (answer.Kind == RecoveryAnswerKind.Rerun || claim.Kind != ClaimKind.Claimed)
        {
            return claim;
        }

        execution.Begin(claim, Now());
        await CompleteAsync(execution, Keep(answer.Result, call.Codec)).ConfigureAwait(false);
        execution.Succeed(answer.Result, IdempotencyOutcome.Replayed);
        return claim with { Kind = ClaimKind.Completed };
    }

    private async ValueTask RunClaimedAsync<T>(Execution<T> execution, Call<T> call)
    {
        DefiniteFailure? decided = execution.Progress.Failure;
        T value;
        try
        {
            if (execution.IsStopping)
            {
                throw new OperationCanceledException(execution.Token);
            }

            Current.Value = execution;
            value = await call.RunAsync(execution).ConfigureAwait(false);
        }
        catch (Exception failure) when (!EndsByItself(execution, failure))
        {
            await EndFailedAsync(execution, call, failure, decided).ConfigureAwait(false);
            return;
        }

        if (decided is not null)
        {
            await EndFailedAsync(execution, call, new IdempotentFailureException(decided), decided).ConfigureAwait(false);
            return;
        }

        await CompleteAsync(execution, Keep(value, call.Codec)).ConfigureAwait(false);
        execution.Succeed(value, IdempotencyOutcome.Executed);
    }

    // A lost lease has nothing to release, and an outcome that is not known must stay so.
    private static bool EndsByItself(Execution execution, Exception failure) =>
        (failure is IdempotencyLeaseLostException lost && lost.Key == execution.Key)
        || (failure is IdempotencyOutcomeUnknownException unknown && unknown.Key == execution.Key);

    private async ValueTask EndFailedAsync<T>(Execution<T> execution, Call<T> call, Exception failure, DefiniteFailure? decided)
    {
        try
        {
            if ((decided ?? call.Classify(failure)) is { } definite)
            {
                await CompensateAsync(execution, definite).ConfigureAwait(false);
                await CompleteAsync(execution, KeepsBytes ? StoredResult.OfFailure(definite, options.MaxResultBytes) : new MemoryFailure(definite)).ConfigureAwait(false);
                Fail(execution, decided is null ? failure : new IdempotentFailureException(decided));
                return;
            }
        }
        catch (Exception another) when (!EndsByItself(execution, another))
        {
            failure = another;
        }

        await ReleaseAsync(execution).ConfigureAwait(false);
        Fail(execution, failure);
    }

    // Each is recorded before the one in front of it is run, so that it is not run again.
    private async ValueTask CompensateAsync(Execution execution, DefiniteFailure definite)
    {
        ImmutableArray<RecordedStep> steps = execution.Progress.Steps;
        if (!steps.Any(static step => step.IsToUndo))
        {
            return;
        }

        if (execution.Progress.Failure is null)
        {
            await RecordAsync(execution, new KeyChange.FailureDecided(definite)).ConfigureAwait(false);
        }

        for (int index = steps.Length - 1; index >= 0; index--)
        {
            if (steps[index].IsToUndo)
            {
                // An operation that fails before it has come by its steps cannot tell how to undo them.
                Func<CancellationToken, ValueTask>? compensate = execution.Compensations?.GetValueOrDefault(steps[index].Name)
                    ?? throw new InvalidOperationException($"The operation of the key {execution.Key} failed and did not say how to undo its step '{steps[index].Name}'.", new IdempotentFailureException(definite));
                await compensate(CancellationToken.None).ConfigureAwait(false);
                await RecordAsync(execution, new KeyChange.StepCompensated(steps[index].Name)).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask CompleteAsync(Execution execution, CompletedKey outcome)
    {
        outcome.Fingerprint = execution.Request.Fingerprint;
        try
        {
            await metrics.MeasureAsync(IdempotencyMetrics.Complete, time, metrics.Start(time), store.CompleteAsync(execution, outcome)).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not IdempotencyLeaseLostException)
        {
            throw new IdempotencyOutcomeUnknownException(execution.Key, failure);
        }
    }

    private async ValueTask ReleaseAsync(Execution execution)
    {
        try
        {
            await metrics.MeasureAsync(IdempotencyMetrics.Release, time, metrics.Start(time), store.ReleaseAsync(execution)).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Not released, its outcome is unknown to the next call, which is on the safe side. The callers get what the operation threw.
        }
    }

    private void Fail<T>(Execution<T> execution, Exception failure)
    {
        metrics.Add(failure switch
        {
            IdempotencyLeaseLostException => IdempotencyMetrics.LeaseLost,
            IdempotencyOutcomeUnknownException => IdempotencyMetrics.UnknownOutcome,
            IdempotencyMismatchException => IdempotencyMetrics.Mismatched,
            _ => IdempotencyMetrics.Failed,
        });
        execution.Fail(failure);
    }
}
