namespace DataIntensive.Testing;

/// <summary>How a transaction of a <see cref="TransactionHistory"/> ended, as its client knows.</summary>
public enum TransactionOutcome
{
    /// <summary>Nobody knows: it took effect entirely, at any time after its call, or not at all. The default.</summary>
    Unknown,

    /// <summary>It took effect.</summary>
    Committed,

    /// <summary>It certainly took no effect.</summary>
    Failed,
}
