namespace DataIntensive;

/// <summary>
/// As many commits wait for the disk as may, and <see cref="DatabaseOptions.WhenBusy"/> is <see cref="BusyPolicy.Refuse"/>. Nothing was
/// written. Try again later, or shed the load.
/// </summary>
public sealed class DatabaseBusyException : DataIntensiveException
{
    internal DatabaseBusyException(int pendingCommits, long pendingBytes)
        : base($"{pendingCommits} commits of {pendingBytes} bytes are under way already.")
    {
        PendingCommits = pendingCommits;
        PendingBytes = pendingBytes;
    }

    /// <summary>How many commits were under way, or waited for room.</summary>
    public int PendingCommits { get; }

    /// <summary>How many bytes the commits under way have.</summary>
    public long PendingBytes { get; }
}
