namespace DataIntensive;

/// <summary>What an append did. A conflict is no exception, unless <see cref="OrThrow"/> makes it one. The default: it succeeded and had nothing to do.</summary>
public readonly record struct AppendResult
{
    private readonly IReadOnlyList<AppendConflict>? _conflicts;
    private readonly IReadOnlyList<StreamVersion>? _versions;

    /// <summary>Whether everything was as expected, and the events are stored. Nothing is written otherwise.</summary>
    public bool Succeeded => _conflicts is null;

    /// <summary>Whether the events were stored by an earlier append, as their ids tell: versions and positions are those of then.</summary>
    public bool IsDuplicate { get; init; }

    /// <summary>
    /// The version of the first stream that the append names: that of its last event appended there, or the one that was found. 0 where it
    /// is known only at the commit: after an append in a transaction over a snapshot that does not say at which version the stream is.
    /// </summary>
    public long Version { get; init; }

    /// <summary>
    /// The event position of the last event appended; the default when none was, and in a transaction over a snapshot, where it is known
    /// only at the commit.
    /// </summary>
    public EventPosition Position { get; init; }

    /// <summary>The versions of all streams of an append over several, in the order in which it names them first; otherwise empty.</summary>
    public IReadOnlyList<StreamVersion> Versions
    {
        get => _versions ?? [];
        init => _versions = value is { Count: > 0 } ? value : null;
    }

    /// <summary>Everything that did not hold; empty when the append succeeded.</summary>
    public IReadOnlyList<AppendConflict> Conflicts
    {
        get => _conflicts ?? [];
        init => _conflicts = value is { Count: > 0 } ? value : null;
    }

    /// <summary>Returns this result when the append succeeded.</summary>
    /// <exception cref="AppendConflictException">It did not.</exception>
    public AppendResult OrThrow() => _conflicts is null ? this : throw new AppendConflictException(_conflicts);
}
