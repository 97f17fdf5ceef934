namespace DataIntensive.Testing;

// The writes of one key by one session, in their order.
internal readonly record struct KeyWrites(int Session, int[] Writes);
