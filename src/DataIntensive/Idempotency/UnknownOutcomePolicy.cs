namespace DataIntensive;

/// <summary>
/// What a call does with a key whose operation was begun and whose end is not known: the process ended in between, or the end could not
/// be recorded.
/// </summary>
public enum UnknownOutcomePolicy
{
    /// <summary>It fails with <see cref="IdempotencyOutcomeUnknownException"/>. Nothing is run, and the key stays as it is.</summary>
    Fail,

    /// <summary>It runs the operation again; recorded steps are not run again. The effect happens at least once.</summary>
    Rerun,

    /// <summary>It asks <see cref="IdempotencyCall{T}.Recover"/>, which finds out what happened.</summary>
    Ask,
}
