namespace DataIntensive.Benchmarks.Log;

/// <summary>One measurement.</summary>
internal readonly record struct Sample(double PerSecond, double BytesAllocated);
