namespace DataIntensive.Idempotency;

// What came of asking for a key.
internal readonly record struct Claim(ClaimKind Kind, long FencingToken = 0, KeyProgress? Progress = null, UnknownOutcome? Unknown = null);
