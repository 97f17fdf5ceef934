namespace DataIntensive.Testing;

/// <summary>What a <see cref="HistoryValue"/> is.</summary>
public enum HistoryValueKind
{
    /// <summary>Nothing.</summary>
    Nil,

    /// <summary>True or false.</summary>
    Truth,

    /// <summary>A whole number of 64 bits.</summary>
    Number,

    /// <summary>A text.</summary>
    Text,

    /// <summary>A list of values.</summary>
    List,
}
