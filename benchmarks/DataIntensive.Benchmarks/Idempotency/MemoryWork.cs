namespace DataIntensive.Benchmarks.Idempotency;

/// <summary>What a processor in memory is asked to do.</summary>
internal enum MemoryWork
{
    /// <summary>Of keys that are there, in random order. The key is built before.</summary>
    Replay,

    /// <summary>With a fingerprint, built before; the others have none to check.</summary>
    ReplayChecked,

    /// <summary>With a key of an operation, a tenant and the client's key, and a fingerprint of a JSON body; the others build a text.</summary>
    ReplayBuilt,

    /// <summary>Of keys that are not there, in a new processor.</summary>
    FirstRun,
}
