namespace DataIntensive.Testing;

/// <summary>
/// What every <see cref="IIdempotencyProcessor"/> must do, whatever stands behind it, as cases that run without a test framework: give each
/// of <see cref="Cases"/> to yours as one test, or let <see cref="RunAsync"/> try them all.
/// </summary>
public static partial class IdempotencyContract
{
    /// <summary>All cases.</summary>
    public static IReadOnlyList<IdempotencyCase> Cases { get; } =
    [
        new("A key runs once and replays", RunsOnce),
        new("A hundred callers share one run", Joins),
        new("Duplicates are rejected when asked for", Rejects),
        new("Duplicates wait for a limited time when asked for", WaitsForALimitedTime),
        new("A waiter that cancels stops only itself", CancelsOneWaiter),
        new("The last caller to leave cancels the operation", CancelsWhenAbandoned),
        new("The last caller to leave lets the operation finish when asked for", FinishesWhenAbandoned),
        new("A failure reaches everyone and frees the key", FreesAfterFailure),
        new("A definite failure is kept and replayed", KeepsDefiniteFailures),
        new("Operations and tenants do not meet", SeparatesTenants),
        new("Another request with the key is refused while it runs and afterwards", RefusesOtherRequests),
        new("JSON that says the same is the same request", ComparesJsonByMeaning),
        new("An operation that asks for its own key is refused", RefusesReentry),
        new("Null, empty and default results replay equal", ReplaysEmptyResults),
        new("A result of another type is refused and nothing runs", RefusesOtherTypes),
        new("A lapsed lease is taken over with a higher token, and the former owner is refused", TakesOverLapsedLeases),
        new("A renewed lease is not taken over", RenewsLeases),
        new("A running key is never too old", KeepsRunningKeys),
        new("A clock that is set revives nothing and doubles nothing", SurvivesClockJumps),
        new("Past the bound the oldest completed key goes, and none that runs", ForgetsTheOldest),
        new("Recorded steps are not run again, and child keys are stable", ResumesAtSteps),
        new("A definite failure undoes the steps, the last one first, each once", CompensatesInReverse),
        new("Undoing goes on where it failed", GoesOnUndoing),
        new("Random callers, cancellations and failures cause one success at most", SurvivesRandomCallers),
        new("What was given out is replayed after a crash", ReplaysAfterCrash, needsCrash: true),
        new("An unknown outcome is told", TellsUnknownOutcomes, needsCrash: true),
        new("An unknown outcome is rerun when asked for, with a higher token", RerunsUnknownOutcomes, needsCrash: true),
        new("An unknown outcome is settled by who knows", AsksAboutUnknownOutcomes, needsCrash: true),
        new("Recorded steps are not run again after a crash", ResumesAfterCrash, needsCrash: true),
        new("Undoing goes on after a crash", GoesOnUndoingAfterCrash, needsCrash: true),
        new("A failure for now is no unknown outcome after a crash", KnowsFailuresAfterCrash, needsCrash: true),
    ];

    /// <summary>Tries every case on a target, one after another; those that need a crash are skipped when it survives none.</summary>
    /// <param name="target">Gives the processors.</param>
    /// <param name="patience">How long one case may take; null for 1 minute. Above 0.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static async Task<IdempotencyContractReport> RunAsync(IdempotencyTarget target, TimeSpan? patience = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        List<IdempotencyCaseResult> results = [];
        foreach (IdempotencyCase one in Cases)
        {
            bool isSkipped = one.NeedsCrash && !target.SurvivesCrashes;
            results.Add(new IdempotencyCaseResult(one, isSkipped ? null : await TryAsync(one, target, patience, cancellationToken).ConfigureAwait(false), isSkipped));
        }

        return new IdempotencyContractReport(results);
    }

    private static async Task<Exception?> TryAsync(IdempotencyCase one, IdempotencyTarget target, TimeSpan? patience, CancellationToken cancellationToken)
    {
        try
        {
            await one.RunAsync(target, patience, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            return failure;
        }
    }
}
