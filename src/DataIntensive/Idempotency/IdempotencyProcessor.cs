using System.Diagnostics.Metrics;
using DataIntensive.Idempotency;

namespace DataIntensive;

/// <summary>Makes idempotency processors that need no database.</summary>
public static class IdempotencyProcessor
{
    /// <summary>Makes a processor in memory, without a log: the fast path, whose keys end with the process.</summary>
    /// <param name="options">How it works; null for the defaults.</param>
    /// <param name="timeProvider">The clock of retention, leases and timeouts; null for the system's.</param>
    /// <param name="meterFactory">Makes the meter <c>DataIntensive</c>; null for the one of the process.</param>
    public static InMemoryIdempotencyProcessor InMemory(IdempotencyOptions? options = null, TimeProvider? timeProvider = null, IMeterFactory? meterFactory = null) =>
        new(options ?? new IdempotencyOptions(), timeProvider ?? TimeProvider.System, meterFactory);
}
