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

    /// <summary>
    /// It reads, and writes what needs no more room: the disk is full (<see cref="LogFullException"/>), or the states are
    /// (<see cref="StateFullException"/>). It is healthy again with the next commit that finds room.
    /// </summary>
    Full,
}
