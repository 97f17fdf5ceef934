using System.Collections.Immutable;
using System.Diagnostics;
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

        Advance(execution, change);
    }

    // What the step itself throws, and what refuses its commit, leaves nothing written.
    public async ValueTask RecordAsync(Execution execution, Func<DatabaseTransaction, KeyChange> step)
    {
        Exception? thrown = null;
        KeyChange change;
        try
        {
            change = await metrics.MeasureAsync(IdempotencyMetrics.Step, time, metrics.Start(time), store.RecordAsync(execution, Do)).ConfigureAwait(false);
        }
        catch (Exception failure) when (!ReferenceEquals(failure, thrown)
            && failure is not (NotSupportedException or IdempotencyLeaseLostException or CommitTooLargeException or LogFullException or StateFullException))
        {
            throw new IdempotencyOutcomeUnknownException(execution.Key, failure);
        }

        Advance(execution, change);

        KeyChange Do(DatabaseTransaction transaction)
        {
            try
            {
                return step(transaction);
            }
            catch (Exception failure)
            {
                thrown = failure;
                throw;
            }
        }
    }

    public KeyEntry KeepStep<T>(T value, ICodec<T>? codec) =>
        KeepsBytes ? StoredResult.EncodeOrDrop(value, codec!, options.MaxResultBytes) : new MemoryResult<T>(value, codec?.Name);

    // Refused when it cannot be kept: its effect has not happened yet.
    public KeyEntry KeepInTransaction<T>(T value, ICodec<T> codec) => StoredResult.Encode(value, codec, options.MaxResultBytes);

    public void Renew(Execution execution)
    {
        if (execution.HasEnded)
        {
            throw new InvalidOperationException($"The operation of the key {execution.Key} has ended.");
        }

        if (!execution.Details.TryRenew(time.GetTimestamp()))
        {
            throw new IdempotencyLeaseLostException(execution.Key, execution.FencingToken);
        }
    }

    // Never fails: what goes wrong goes to those who wait. What happens at once enters no asynchronous method: that costs more than all
    // the rest of a run in memory.
    private void Start<T>(Execution<T> execution, in Call<T> call)
    {
        ValueTask<Claim> claiming = ClaimAsync(execution, execution.Overtaken);
        if (!claiming.IsCompletedSuccessfully || ExecutionContext.Capture() is not { } before)
        {
            _ = RunAsync(execution, call, claiming);
            return;
        }

        Claim claim = claiming.Result;
        if (claim.Kind != ClaimKind.Claimed)
        {
            _ = RunAsync(execution, call, new ValueTask<Claim>(claim));
            return;
        }

        try
        {
            RunClaimed(execution, call, claim);
        }
        finally
        {
            // Like an asynchronous method: what is set as current, here or by the operation, ends with it.
            ExecutionContext.Restore(before);
        }
    }

    private void RunClaimed<T>(Execution<T> execution, in Call<T> call, in Claim claim)
    {
        try
        {
            Begin(execution, claim);
            _current.Value = execution;
            ValueTask<T> running = BeginRun(execution, call);
            if (KeepsBytes || !running.IsCompletedSuccessfully || execution.Progress.Failure is not null)
            {
                _ = FinishAsync(execution, call, running);
                return;
            }

            ValueTask keeping = KeepAsync(execution, running.Result, call.Codec);
            Debug.Assert(keeping.IsCompleted, "What is kept as it is, is kept at once.");
            keeping.GetAwaiter().GetResult();
        }
        catch (Exception failure)
        {
            Fail(execution, failure);
        }

        End(execution);
    }

    private async Task RunAsync<T>(Execution<T> execution, Call<T> call, ValueTask<Claim> claiming)
    {
        try
        {
            Claim claim = await claiming.ConfigureAwait(false);
            if (claim.Kind == ClaimKind.Unknown)
            {
                claim = await SettleAsync(execution, call, claim.Unknown!).ConfigureAwait(false);
            }

            if (claim.Kind == ClaimKind.Claimed)
            {
                Begin(execution, claim);
                _current.Value = execution;
                await FinishRunAsync(execution, call, BeginRun(execution, call)).ConfigureAwait(false);
            }
        }
        catch (Exception failure)
        {
            Fail(execution, failure);
        }

        End(execution);
    }

    private async Task FinishAsync<T>(Execution<T> execution, Call<T> call, ValueTask<T> running)
    {
        try
        {
            await FinishRunAsync(execution, call, running).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            Fail(execution, failure);
        }

        End(execution);
    }

    private void Begin(Execution execution, in Claim claim)
    {
        execution.Begin(claim);
        if (options.LeaseRenewal == LeaseRenewal.ByOperation)
        {
            execution.Details.BeginLease(time.GetTimestamp());
        }
    }

    private static void Advance(Execution execution, KeyChange change)
    {
        if (!execution.Details.TryAdvance(change))
        {
            throw new IdempotencyLeaseLostException(execution.Key, execution.FencingToken);
        }
    }

    private void End(Execution execution)
    {
        if (!execution.IsKept)
        {
            // Unless another one has taken over, or what is kept of it stands there already.
            table.TryRemove(execution);
        }

        execution.End();
    }

    private ValueTask<Claim> ClaimAsync(Execution execution, long overUnknown) =>
        metrics.MeasureAsync(IdempotencyMetrics.Claim, time, metrics.Start(time), store.ClaimAsync(execution, overUnknown));

    private async ValueTask<Claim> SettleAsync<T>(Execution<T> execution, Call<T> call, UnknownOutcome unknown)
    {
        // Who is asked and asks for the same key would wait for itself.
        _current.Value = execution;
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

        Begin(execution, claim);
        await KeepAsync(execution, answer.Result, call.Codec, IdempotencyOutcome.Replayed).ConfigureAwait(false);
        return claim with { Kind = ClaimKind.Completed };
    }

    private ValueTask<T> BeginRun<T>(Execution<T> execution, in Call<T> call)
    {
        try
        {
            return execution.IsStopping ? throw new OperationCanceledException(execution.Token) : call.RunAsync(this, execution);
        }
        catch (Exception failure)
        {
            return ValueTask.FromException<T>(failure);
        }
    }

    private async ValueTask FinishRunAsync<T>(Execution<T> execution, Call<T> call, ValueTask<T> running)
    {
        DefiniteFailure? decided = execution.Progress.Failure;
        T value;
        try
        {
            value = await running.ConfigureAwait(false);
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

        await KeepAsync(execution, value, call.Codec).ConfigureAwait(false);
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
                Func<CancellationToken, ValueTask>? compensate = execution.Details.Compensations?.GetValueOrDefault(steps[index].Name)
                    ?? throw new InvalidOperationException($"The operation of the key {execution.Key} failed and did not say how to undo its step '{steps[index].Name}'.", new IdempotentFailureException(definite));
                await compensate(CancellationToken.None).ConfigureAwait(false);
                await RecordAsync(execution, new KeyChange.StepCompensated(steps[index].Name)).ConfigureAwait(false);
            }
        }
    }

    // Nobody gets the result before it is kept: until then the run has not ended.
    private ValueTask KeepAsync<T>(Execution<T> execution, T value, ICodec<T>? codec, IdempotencyOutcome outcome = IdempotencyOutcome.Executed)
    {
        execution.Succeed(value, outcome);
        return CompleteAsync(execution, KeepsBytes ? StoredResult.EncodeOrDrop(value, codec!, options.MaxResultBytes) : execution);
    }

    private ValueTask CompleteAsync(Execution execution, KeyEntry outcome)
    {
        outcome.Fingerprint = execution.Fingerprint;
        ValueTask completing = metrics.MeasureAsync(IdempotencyMetrics.Complete, time, metrics.Start(time), store.CompleteAsync(execution, outcome));
        return completing.IsCompletedSuccessfully ? completing : CompleteAsync(execution, completing);
    }

    private static async ValueTask CompleteAsync(Execution execution, ValueTask completing)
    {
        try
        {
            await completing.ConfigureAwait(false);
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
