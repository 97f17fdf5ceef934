namespace DataIntensive.Testing;

/// <summary>The three grades of causal consistency of Bouajjani, Enea, Guerraoui and Hamza (POPL 2017).</summary>
public enum CausalLevel
{
    /// <summary>CC, weak causal consistency: each read agrees with all that causally precedes it, in some order.</summary>
    Consistency,

    /// <summary>CCv, causal convergence: and all reads agree on one order of concurrent writes. Neither it nor CM implies the other.</summary>
    Convergence,

    /// <summary>CM, causal memory: and each session's reads agree with each other on one order of concurrent writes.</summary>
    Memory,
}
