namespace DataIntensive.Idempotency;

// What can stop an operation.
internal enum StopRule : byte
{
    Never,

    WhenLeaseIsLost,

    // Or when its lease is lost.
    WhenLeft,
}
