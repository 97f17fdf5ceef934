using System.Diagnostics.CodeAnalysis;

namespace DataIntensive.Idempotency;

// What runs ask of a database: each is one commit.
internal sealed partial class IdempotencyState : IKeyStore
{
    bool IKeyStore.TryFind(IdempotencyKey key, [MaybeNullWhen(false)] out KeyEntry kept)
    {
        bool found = TryGetAt(key, Database.Visible, out StoredResult? stored);
        kept = stored;
        return found;
    }

    // Through the sequencer, which knows of transactions on their way to the disk, and refuses when nothing could be recorded. Never
    // cancelled: a claim that nobody waits for would be written all the same, and leave an outcome that is unknown for no reason.
    async ValueTask<Claim> IKeyStore.ClaimAsync(Execution execution, long overUnknown)
    {
        (Claim claim, LogPosition position) = await Database.RunInSequencerAsync(
            static (transaction, call) => call.State.Join(transaction).Claim(call.Request, call.OverUnknown),
            (State: this, execution.Request, OverUnknown: overUnknown),
            durability: null,
            CancellationToken.None).ConfigureAwait(false);
        return claim.Kind == ClaimKind.Claimed ? claim with { FencingToken = position.Value } : claim;
    }

    async ValueTask IKeyStore.CompleteAsync(Execution execution, KeyEntry outcome)
    {
        StoredResult stored = (StoredResult)outcome;
        stored.FencingToken = execution.FencingToken;
        try
        {
            await CompleteAsync(execution.Request, stored).ConfigureAwait(false);
        }
        catch (Exception failure) when (stored.Bytes.Length > 0 && failure is ArgumentException or CommitTooLargeException or LogFullException or StateFullException)
        {
            // The effect has happened: better known without its result than not known.
            await CompleteAsync(execution.Request, stored.WithoutResult()).ConfigureAwait(false);
        }
    }

    async ValueTask IKeyStore.RecordAsync(Execution execution, KeyChange change)
    {
        try
        {
            await RecordAsync(execution, change).ConfigureAwait(false);
        }
        catch (Exception failure) when (change is KeyChange.StepDone && failure is ArgumentException or CommitTooLargeException or LogFullException or StateFullException)
        {
            KeyChange.StepDone done = (KeyChange.StepDone)change;
            await RecordAsync(execution, done with { Result = ((StoredResult)done.Result).WithoutResult() }).ConfigureAwait(false);
        }
    }

    async ValueTask<KeyChange> IKeyStore.RecordAsync(Execution execution, Func<DatabaseTransaction, KeyChange> step)
    {
        (KeyChange done, _) = await Database.RunInSequencerAsync(
            static (transaction, call) =>
            {
                IdempotencyChanges changes = call.State.Join(transaction);
                changes.ThrowIfLost(call.Key, call.FencingToken);
                KeyChange change = call.Step(transaction);
                changes.Record(call.Key, call.FencingToken, change);
                return change;
            },
            (State: this, execution.Key, execution.FencingToken, Step: step),
            durability: null,
            CancellationToken.None).ConfigureAwait(false);
        return done;
    }

    // Lost in a crash of the machine, it leaves an outcome that is unknown: not worth an fsync.
    async ValueTask IKeyStore.ReleaseAsync(Execution execution) =>
        await Database.RunInSequencerAsync(
            static (transaction, call) =>
            {
                call.State.Join(transaction).Release(call.Key, call.FencingToken);
                return true;
            },
            (State: this, execution.Key, execution.FencingToken),
            Durability.Os,
            CancellationToken.None).ConfigureAwait(false);

    // Only runs stand in its table.
    bool IKeyStore.TryDisplace(KeyEntry found, Execution by) => false;

    private async ValueTask CompleteAsync(IdempotencyRequest request, StoredResult result) =>
        await Database.RunInSequencerAsync(
            static (transaction, call) =>
            {
                call.State.Join(transaction).CompleteRun(call.Request, call.Result);
                return true;
            },
            (State: this, Request: request, Result: result),
            durability: null,
            CancellationToken.None).ConfigureAwait(false);

    private async ValueTask RecordAsync(Execution execution, KeyChange change) =>
        await Database.RunInSequencerAsync(
            static (transaction, call) =>
            {
                call.State.Join(transaction).Record(call.Key, call.FencingToken, call.Change);
                return true;
            },
            (State: this, execution.Key, execution.FencingToken, Change: change),
            durability: null,
            CancellationToken.None).ConfigureAwait(false);
}
