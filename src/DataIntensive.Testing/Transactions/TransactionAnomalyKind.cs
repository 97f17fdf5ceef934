namespace DataIntensive.Testing;

/// <summary>What is wrong with a history of transactions: the phenomena of Adya, and those that Elle added for lists and registers.</summary>
public enum TransactionAnomalyKind
{
    /// <summary>A cycle of writes alone: two transactions overwrote each other.</summary>
    G0,

    /// <summary>Aborted read: something was read that a failed transaction wrote.</summary>
    G1a,

    /// <summary>Intermediate read: something was read that its writer went on to change.</summary>
    G1b,

    /// <summary>Circular information flow: a cycle of writes and reads in which each saw or overwrote the other.</summary>
    G1c,

    /// <summary>A cycle with one anti-dependency: a transaction saw some of another and missed some of it (read skew).</summary>
    GSingle,

    /// <summary>A cycle with several anti-dependencies, of which no two follow each other. Snapshot isolation excludes it.</summary>
    GNonadjacent,

    /// <summary>A cycle with two anti-dependencies behind each other (write skew). Snapshot isolation allows it.</summary>
    G2Item,

    /// <summary>Several transactions read the same version of a key, and all of them wrote the key.</summary>
    LostUpdate,

    /// <summary>A transaction read something that contradicts what it read and wrote itself before.</summary>
    Internal,

    /// <summary>A transaction read what it wrote only afterwards.</summary>
    FutureRead,

    /// <summary>A list was read with an element twice in it, although it was appended once.</summary>
    DuplicateElements,

    /// <summary>Two reads of a list of which neither is the beginning of the other.</summary>
    IncompatibleOrder,

    /// <summary>A committed transaction built on what a failed one wrote.</summary>
    DirtyUpdate,

    /// <summary>Something was read that nobody wrote.</summary>
    GarbageRead,

    /// <summary>The versions of a key cannot be put into an order.</summary>
    CyclicVersions,
}
