namespace DataIntensive.Testing;

/// <summary>
/// The crash that <see cref="FaultyStorageOptions.CrashAtOperation"/> asked for. It is an <see cref="IOException"/>, so that the
/// code under test takes it for the failure of the disk; nothing that it does afterwards reaches the storage.
/// </summary>
public sealed class SimulatedCrashException : IOException
{
    internal SimulatedCrashException(string message, long operation)
        : base(message) => Operation = operation;

    /// <summary>The operation at which the storage crashed, counted from 1.</summary>
    public long Operation { get; }
}
