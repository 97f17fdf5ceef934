using System.Diagnostics.CodeAnalysis;

namespace DataIntensive.Idempotency;

// Where keys and results are kept: what Executions needs to know of it.
internal interface IKeyStore
{
    // What is kept of a key and may be given out already.
    bool TryFind(IdempotencyKey key, [MaybeNullWhen(false)] out KeyEntry kept);

    // Gives the key to a run, also over one whose outcome is unknown if that is the run named. Nothing is run before this has returned.
    ValueTask<Claim> ClaimAsync(Execution execution, long overUnknown);

    // Everything that these three throw means that it is not known whether it is recorded; but for a lost lease, when it is not. Where
    // results are kept as they are, the outcome of a success is the run itself.
    ValueTask CompleteAsync(Execution execution, KeyEntry outcome);

    ValueTask RecordAsync(Execution execution, KeyChange change);

    // What the function writes and the change that it returns are one commit; nothing is written when it throws.
    ValueTask<KeyChange> RecordAsync(Execution execution, Func<DatabaseTransaction, KeyChange> step);

    // The run failed for now: the next one may begin, with the recorded steps.
    ValueTask ReleaseAsync(Execution execution);

    // Puts a run in the place of what is not to be found any more.
    bool TryDisplace(KeyEntry found, Execution by);
}
