using DataIntensive.Idempotency;

namespace DataIntensive;

/// <summary>Makes idempotency processors that need no database.</summary>
public static class IdempotencyProcessor
{
    /// <summary>Makes a processor in memory, without a log: the fast path, whose keys end with the process.</summary>
    /// <param name="options">How it works; null for the defaults.</param>
    /// <param name="timeProvider">The clock that retention is measured by; null for the system's.</param>
    public static InMemoryIdempotencyProcessor InMemory(IdempotencyOptions? options = null, TimeProvider? timeProvider = null) =>
        new(options ?? new IdempotencyOptions(), timeProvider ?? TimeProvider.System);
}
