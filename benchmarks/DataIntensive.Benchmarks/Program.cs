using System.Globalization;
using BenchmarkDotNet.Running;
using DataIntensive.Benchmarks.Databases;
using DataIntensive.Benchmarks.Events;
using DataIntensive.Benchmarks.Idempotency;
using DataIntensive.Benchmarks.Log;
using DataIntensive.Benchmarks.Stores;

if (args is ["log", ..])
{
    return await LogComparison.RunAsync(args[1..]);
}

if (args is ["events", ..])
{
    return await EventComparison.RunAsync(args[1..]);
}

if (args is ["stores", ..])
{
    return StoreComparison.Run(args[1..]);
}

if (args is ["database", ..])
{
    return await DatabaseComparison.RunAsync(args[1..]);
}

if (args is ["opening", var keys])
{
    await OpeningComparison.RunAsync(int.Parse(keys, CultureInfo.InvariantCulture));
    return 0;
}

if (args is ["idempotency", ..])
{
    return await IdempotencyComparison.RunAsync(args[1..]);
}

BenchmarkSwitcher.FromAssembly(typeof(LockBasedStoreBenchmarks).Assembly).Run(args);
return 0;
