namespace DataIntensive;

/// <summary>How an event store works. An existing one may be opened with other values.</summary>
public sealed class EventStoreOptions
{
    /// <summary>
    /// The most bytes that one event takes in storage, with its metadata, tags and names. Default 1 MiB; 1 KiB to 256 MiB. An append as a whole
    /// is bounded by <see cref="DatabaseOptions.MaxTransactionBytes"/>.
    /// </summary>
    public int MaxEventBytes
    {
        get;
        init => field = value is >= 1024 and <= 256 * 1024 * 1024 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "1 KiB to 256 MiB.");
    } = 1024 * 1024;

    /// <summary>The most events of one append. Default 100,000; 1 to 1,000,000.</summary>
    public int MaxBatchEvents
    {
        get;
        init => field = value is >= 1 and <= 1_000_000 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "1 to 1,000,000.");
    } = 100_000;

    /// <summary>
    /// Of how many of the newest events the ids are remembered, so that a repeated append is recognised; an older id counts as new. Default
    /// 1,000,000; 0 to 100,000,000. Each of them that has an id takes 11 to 43 bytes of memory; finding one again reads the event.
    /// </summary>
    public int EventIdHorizon
    {
        get;
        init => field = value is >= 0 and <= 100_000_000 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "0 to 100,000,000.");
    } = 1_000_000;
}
