using BenchmarkDotNet.Running;
using DataIntensive.Benchmarks.Log;
using DataIntensive.Benchmarks.Stores;

if (args is ["log", ..])
{
    return await LogComparison.RunAsync(args[1..]);
}

BenchmarkSwitcher.FromAssembly(typeof(LockBasedStoreBenchmarks).Assembly).Run(args);
return 0;
