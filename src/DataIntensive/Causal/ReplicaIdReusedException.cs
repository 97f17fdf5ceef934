namespace DataIntensive;

/// <summary>
/// Another replica knows a write of this one that this one never made: its id is used twice, or it has lost its newest state. Going on
/// would give two writes one identity. Start it empty under a new id.
/// </summary>
public sealed class ReplicaIdReusedException : DataIntensiveException
{
    internal ReplicaIdReusedException(Dot unknown, long own)
        : base($"The write {unknown} is known elsewhere, and replica '{unknown.Replica}' has made {own}. Is its id used twice, or was it restored from an older copy? Give it a new id.") =>
        Unknown = unknown;

    /// <summary>The write that this replica does not know.</summary>
    public Dot Unknown { get; }
}
