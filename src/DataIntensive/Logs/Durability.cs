namespace DataIntensive;

/// <summary>What an acknowledged commit survives. Chosen per commit.</summary>
public enum Durability
{
    /// <summary>Acknowledged means fsynced: it survives the machine. The default.</summary>
    Disk,

    /// <summary>
    /// Acknowledged means handed to the operating system: it survives the process, not the machine. It still becomes visible in
    /// log order, so behind a <see cref="Disk"/> commit it waits for that one's fsync.
    /// </summary>
    Os,
}
