namespace DataIntensive;

/// <summary>Whether a stream is there.</summary>
public enum StreamStatus
{
    /// <summary>It was never written.</summary>
    Absent,

    /// <summary>It has events, or had them before they were truncated.</summary>
    Live,

    /// <summary>It was deleted: it reads as if it were absent. The next append opens it again, and versions go on.</summary>
    Deleted,

    /// <summary>It was deleted for good: every append is refused.</summary>
    Tombstoned,

    /// <summary>
    /// It was archived: its events are kept, and given only to who asks for archived ones. It takes no append until it is restored.
    /// </summary>
    Archived,
}
