namespace DataIntensive;

/// <summary>Whether a database takes writes.</summary>
public enum DatabaseHealth
{
    /// <summary>It reads and writes.</summary>
    Healthy,

    /// <summary>A write failed: reads go on at the last visible commit, writes are refused. Reopen it.</summary>
    Poisoned,

    /// <summary>It was disposed.</summary>
    Closed,
}
