namespace DataIntensive.Events;

// What one transaction read and appended of one stream.
internal sealed class StreamChanges(string tenant, StreamId id, long version, StreamStatus status)
{
    public string Tenant => tenant;

    public StreamId Id => id;

    // As the transaction found it.
    public long Base { get; } = version;

    public StreamStatus BaseStatus { get; } = status;

    public int Appended { get; set; }

    public long Version => Base + Appended;

    public StreamStatus Status { get; set; } = status;

    // What it would be while a batch is looked at.
    public (long Version, StreamStatus Status) Tentative { get; set; } = (version, status);

    // Something was answered from the version.
    public bool IsRead { get; set; }

    // An append said which version it expects.
    public bool IsFixed { get; set; }

    // An append said that there are events.
    public bool MustExist { get; set; }

    public bool IsWritten { get; set; }

    // Of the events appended here.
    public HashSet<Guid>? PendingIds { get; set; }

    // When the transaction is sequenced: others may have appended since it looked.
    public long Newest { get; set; }
}
