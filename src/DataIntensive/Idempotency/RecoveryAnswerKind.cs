namespace DataIntensive.Idempotency;

internal enum RecoveryAnswerKind : byte
{
    Unknown,
    Rerun,
    Succeeded,
}
