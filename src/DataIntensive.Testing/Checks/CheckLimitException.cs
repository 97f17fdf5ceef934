namespace DataIntensive.Testing;

// Leaves a check that came to a limit; never leaves the checker.
internal sealed class CheckLimitException(string limit) : Exception(limit);
