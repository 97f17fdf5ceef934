using BenchmarkDotNet.Attributes;

namespace DataIntensive.Benchmarks.Logs;

/// <inheritdoc />
/// <remarks>The number of invocations is fixed, so that the files stay below a few hundred megabytes.</remarks>
[InvocationCount(8, unrollFactor: 1)]
public class AppendOnlyLogBenchmarks : AppendOnlyLogWorkload;
