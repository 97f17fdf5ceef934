namespace DataIntensive;

/// <summary>A replica lacks updates that this one no longer keeps. Another replica may still have them.</summary>
public sealed class CausalHistoryGoneException : DataIntensiveException
{
    internal CausalHistoryGoneException(VectorClock seen, VectorClock forgotten)
        : base($"The updates after '{seen}' are not all kept: those up to '{forgotten}' are gone ({nameof(CausalStoreOptions.MaxKeptUpdates)}).")
    {
        Seen = seen;
        Forgotten = forgotten;
    }

    /// <summary>What was asked for.</summary>
    public VectorClock Seen { get; }

    /// <summary>What is gone: a replica whose clock dominates this one can be served.</summary>
    public VectorClock Forgotten { get; }
}
