namespace DataIntensive.Testing;

/// <summary>Why one transaction must come before another.</summary>
public enum DependencyKind
{
    /// <summary>ww: the second overwrote what the first wrote, or appended behind it.</summary>
    WriteWrite,

    /// <summary>wr: the second read what the first wrote.</summary>
    WriteRead,

    /// <summary>rw, the anti-dependency: the second overwrote what the first read.</summary>
    ReadWrite,

    /// <summary>One process called the second after the first had returned.</summary>
    Process,

    /// <summary>The first had returned before the second was called.</summary>
    Realtime,
}
