namespace DataIntensive.Idempotency;

// What stands in a table under a key: a run, what is kept of one, or what a failed one left.
internal abstract class KeyEntry;
