namespace DataIntensive.Events;

// What one transaction read and appended of one stream.
internal sealed class StreamChanges
{
    public string Tenant { get; private set; } = "";

    public StreamId Id { get; private set; }

    // Where it is kept, once it is anywhere.
    public StreamIndex? Index { get; set; }

    public TenantIndex? TenantIndex { get; set; }

    // As the transaction found it.
    public long Base { get; private set; }

    public StreamStatus BaseStatus { get; private set; }

    public int Appended { get; set; }

    public long Version => Base + Appended;

    public StreamStatus Status { get; set; }

    // What it would be while a batch is looked at.
    public (long Version, StreamStatus Status) Tentative { get; set; }

    // Something was answered from the version.
    public bool IsRead { get; set; }

    // An append said which version it expects.
    public bool IsFixed { get; set; }

    // An append said that there are events.
    public bool MustExist { get; set; }

    public bool IsWritten { get; set; }

    // It was archived when the transaction found it, and will not be when it is committed.
    public bool IsRestored { get; set; }

    // Of the events appended here.
    public HashSet<Guid>? PendingIds { get; set; }

    // When the transaction is sequenced: others may have appended since it looked.
    public long Newest { get; set; }

    public void Begin(string tenant, StreamId id, EventState state, LogPosition snapshot)
    {
        Tenant = tenant;
        Id = id;
        TenantIndex = state.Of(tenant);
        Index = TenantIndex?.Find(id);
        (long version, StreamStatus status) = Index?.At(snapshot) ?? default;
        Base = version;
        BaseStatus = status;
        Status = status;
        Tentative = (version, status);
        Appended = 0;
        IsRead = false;
        IsFixed = false;
        MustExist = false;
        IsWritten = false;
        IsRestored = false;
        PendingIds = null;
        Newest = 0;
    }

    public void Forget()
    {
        Index = null;
        TenantIndex = null;
        PendingIds = null;
    }

    // Whether what is written to it, and was not said to be of one version, may be when it is of this status.
    public bool MayWriteTo(StreamStatus status)
    {
        bool isOpen = status != StreamStatus.Tombstoned && (status != StreamStatus.Archived || IsRestored);
        bool isThere = status == StreamStatus.Live || (status == StreamStatus.Archived && IsRestored);
        return (isOpen || !IsWritten) && (isThere || !MustExist);
    }

    // Others may have begun it since.
    public StreamIndex? Find(EventState state) => Index ??= (TenantIndex ??= state.Of(Tenant))?.Find(Id);
}
