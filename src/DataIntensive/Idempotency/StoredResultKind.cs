namespace DataIntensive.Idempotency;

// Stored as it is numbered.
internal enum StoredResultKind : byte
{
    Null = 0,
    Value = 1,

    // The operation was run, and its result was too large, or its codec could not write it.
    NotKept = 2,

    // It failed, and would again.
    Failure = 3,
}
