using BenchmarkDotNet.Attributes;

namespace DataIntensive.Benchmarks.Stores;

/// <summary>The same in seconds: shows that it runs and what it allocates, and times only roughly.</summary>
[InProcess]
[WarmupCount(2)]
[IterationCount(5)]
[InvocationCount(4, unrollFactor: 1)]
public class LockBasedStoreSmokeBenchmarks : LockBasedStoreWorkload;
