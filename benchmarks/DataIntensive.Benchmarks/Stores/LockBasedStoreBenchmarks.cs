namespace DataIntensive.Benchmarks.Stores;

/// <inheritdoc />
public class LockBasedStoreBenchmarks : LockBasedStoreWorkload;
