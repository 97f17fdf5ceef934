namespace DataIntensive.Testing;

/// <summary>What ended the run that wrote a <see cref="FaultyStorage"/>.</summary>
public enum CrashKind
{
    /// <summary>The process died, the machine did not: everything written is still there, flushed or not.</summary>
    ProcessOnly,

    /// <summary>The machine lost its power: of what was not flushed, any part may be there.</summary>
    PowerCut,
}
