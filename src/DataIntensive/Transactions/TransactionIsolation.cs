namespace DataIntensive;

/// <summary>What concurrent transactions may see of each other.</summary>
public enum TransactionIsolation
{
    /// <summary>As if the transactions ran one after another, in the order of their commits. The default.</summary>
    Serializable,

    /// <summary>
    /// Every read sees the one position at which the transaction began, and of two that write the same key the second fails. Two that
    /// read the same and write different keys may both commit (write skew).
    /// </summary>
    Snapshot,
}
