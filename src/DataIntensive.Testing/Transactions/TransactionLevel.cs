namespace DataIntensive.Testing;

/// <summary>
/// What a database promises about concurrent transactions: the levels of Adya's thesis (1999), with snapshot isolation as Cerone and
/// Gotsman characterise it (2016), over single keys, without predicates.
/// </summary>
public enum TransactionLevel
{
    /// <summary>PL-1: the writes of transactions are not interleaved.</summary>
    ReadUncommitted,

    /// <summary>PL-2: and reads see final writes of committed transactions.</summary>
    ReadCommitted,

    /// <summary>PL-2+: and a transaction that sees something of another misses nothing of it.</summary>
    ConsistentView,

    /// <summary>
    /// Every transaction reads one earlier state, and of two concurrent ones that write a key only one commits. Which state, is left
    /// open: it may be an old one.
    /// </summary>
    SnapshotIsolation,

    /// <summary>PL-2.99: what was read does not change until the commit. Over single keys as strong as <see cref="Serializable"/>.</summary>
    RepeatableRead,

    /// <summary>PL-3: as if the transactions ran one after the other, in some order.</summary>
    Serializable,

    /// <summary><see cref="SnapshotIsolation"/>, and each process sees what it saw and did before.</summary>
    StrongSessionSnapshotIsolation,

    /// <summary><see cref="SnapshotIsolation"/>, and each transaction sees all that had returned before it was called.</summary>
    StrongSnapshotIsolation,

    /// <summary><see cref="Serializable"/>, in an order that keeps that of each process.</summary>
    StrongSessionSerializable,

    /// <summary><see cref="Serializable"/>, in an order that keeps real time: what returned before another was called comes before it.</summary>
    StrictSerializable,
}
