using BenchmarkDotNet.Attributes;

namespace DataIntensive.Benchmarks.Logs;

/// <summary>The same in seconds: shows that it runs and what it allocates, and times only roughly.</summary>
[InProcess]
[WarmupCount(1)]
[IterationCount(5)]
[InvocationCount(1, unrollFactor: 1)]
public class AppendOnlyLogSmokeBenchmarks : AppendOnlyLogWorkload;
