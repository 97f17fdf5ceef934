namespace DataIntensive.Testing;

/// <summary>What <see cref="LinearizabilityChecker"/> found. The default value is <see cref="Unknown"/>.</summary>
public enum LinearizabilityVerdict
{
    /// <summary>It ran out of time or memory before it knew.</summary>
    Unknown,

    /// <summary>There is an order of the operations that agrees with real time and with every result.</summary>
    Linearizable,

    /// <summary>There is none.</summary>
    NotLinearizable,
}
