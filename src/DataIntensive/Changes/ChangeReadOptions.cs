namespace DataIntensive;

/// <summary>What an <see cref="IChangeSource"/> is to deliver.</summary>
public sealed class ChangeReadOptions
{
    /// <summary>The tables whose changes are wanted, by name. Default null: all of the source's.</summary>
    public IReadOnlySet<string>? Tables { get; init; }

    /// <summary>Whether to go on with what comes later. Default true; false: end at what can be read when the reading begins.</summary>
    public bool Follow { get; init; } = true;

    /// <summary>
    /// Default <see cref="Durability.Disk"/>: fsynced commits only, so that nothing is delivered that a crash can take back.
    /// <see cref="Durability.Os"/>: every acknowledged one.
    /// </summary>
    public Durability UpTo { get; init; } = Durability.Disk;
}
