namespace DataIntensive;

/// <summary>What an append expected does not hold. Nothing was written. Read what came in between, and decide again.</summary>
public sealed class AppendConflictException : DataIntensiveException
{
    internal AppendConflictException(IReadOnlyList<AppendConflict> conflicts)
        : base(string.Join(" ", conflicts)) => Conflicts = conflicts;

    /// <summary>Everything that did not hold; at least one.</summary>
    public IReadOnlyList<AppendConflict> Conflicts { get; }
}
