namespace DataIntensive.Idempotency;

internal enum ClaimKind : byte
{
    // It belongs to the run that asked.
    Claimed,

    // There is a result after all.
    Completed,

    // An earlier run has not told how it ended.
    Unknown,
}
