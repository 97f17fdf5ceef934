namespace DataIntensive;

/// <summary>Where the result of an idempotent call comes from.</summary>
public enum IdempotencyOutcome
{
    /// <summary>This call ran the operation.</summary>
    Executed,

    /// <summary>An earlier call had run it; its kept result was given, or the one that the recovery found.</summary>
    Replayed,

    /// <summary>Another call was running it; this one waited for its result.</summary>
    Joined,
}
