using BenchmarkDotNet.Running;
using DataIntensive.Benchmarks.Stores;

BenchmarkSwitcher.FromAssembly(typeof(LockBasedStoreBenchmarks).Assembly).Run(args);
