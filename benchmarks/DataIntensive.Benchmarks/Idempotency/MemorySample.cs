namespace DataIntensive.Benchmarks.Idempotency;

/// <summary>One measurement.</summary>
internal readonly record struct MemorySample(double PerSecond, double Bytes);
