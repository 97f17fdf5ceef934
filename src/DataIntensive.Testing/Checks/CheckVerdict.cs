namespace DataIntensive.Testing;

/// <summary>What a check found out. The default value is <see cref="Unknown"/>.</summary>
public enum CheckVerdict
{
    /// <summary>It came to a limit, of time, memory or steps, before it knew. Never to be taken for <see cref="Valid"/>.</summary>
    Unknown,

    /// <summary>
    /// Nothing contradicts it: there is an order of the operations that explains every result, or, where orders are inferred, none of the
    /// inferred ones is against it.
    /// </summary>
    Valid,

    /// <summary>The history contradicts it.</summary>
    Invalid,
}
