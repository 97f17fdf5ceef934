namespace DataIntensive.Testing;

/// <summary>What a check found out.</summary>
public enum CheckVerdict
{
    /// <summary>The check came to a limit, its time or its steps, before it knew. The default.</summary>
    Unknown,

    /// <summary>Nothing that can be inferred from the history contradicts it.</summary>
    Valid,

    /// <summary>The history contradicts it.</summary>
    Invalid,
}
