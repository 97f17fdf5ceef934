namespace DataIntensive;

/// <summary>Why an append was refused.</summary>
public enum AppendConflictKind
{
    /// <summary>A stream is not as expected.</summary>
    Version,

    /// <summary>A stream has a tombstone: it takes nothing any more, whatever is expected.</summary>
    Tombstone,

    /// <summary>An event that the append's condition rules out is there.</summary>
    Condition,

    /// <summary>Some of the event ids are stored already, and not as these events in this order.</summary>
    EventIds,

    /// <summary>A stream is archived: it takes nothing, whatever is expected, until it is restored.</summary>
    Archived,
}
