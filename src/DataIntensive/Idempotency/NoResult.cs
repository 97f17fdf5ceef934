namespace DataIntensive.Idempotency;

// The result of an operation that has none.
internal readonly record struct NoResult;
