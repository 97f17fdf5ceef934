namespace DataIntensive.Testing;

/// <summary>
/// The bad patterns of Bouajjani et al. (2017): a history with unique values is consistent when, and only when, it has none of those
/// of the level. Causality is the order of the sessions and of writes before the reads that return them.
/// </summary>
public enum CausalPattern
{
    /// <summary>CC: causality is a circle.</summary>
    CyclicCO,

    /// <summary>CC: a read found nothing, although a write of the key causally precedes it.</summary>
    WriteCOInitRead,

    /// <summary>CC: a read returned what nobody wrote.</summary>
    ThinAirRead,

    /// <summary>CC: a read returned a value over which another write of the key causally stands between.</summary>
    WriteCORead,

    /// <summary>CCv: what reads preferred of concurrent writes, together with causality, is a circle.</summary>
    CyclicCF,

    /// <summary>CM: a read found nothing, although its session's reads before have put a write of the key before it.</summary>
    WriteHBInitRead,

    /// <summary>CM: the order of writes that one session's reads ask for is a circle.</summary>
    CyclicHB,
}
