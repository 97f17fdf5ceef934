namespace DataIntensive.Testing;

/// <summary>What the keys of a <see cref="TransactionHistory"/> hold.</summary>
public enum TransactionModel
{
    /// <summary>Lists, which are appended to and read whole: every read tells the order of all writes before it. The default.</summary>
    ListAppend,

    /// <summary>Single values, which are written and read: much less can be inferred about the order of the writes.</summary>
    Register,
}
