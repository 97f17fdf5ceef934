namespace DataIntensive.Logs;

/// <summary>What opening a log found.</summary>
/// <param name="WasClosed">Whether the log had been closed properly, so that its end is proven.</param>
/// <param name="LastPosition">The newest record kept.</param>
/// <param name="Segments">How many segment files there are.</param>
/// <param name="TornBytes">How many bytes of an unfinished write were cut from the end; 0 when there were none.</param>
/// <param name="TornFile">The file that was cut; null when none was.</param>
/// <param name="TornOffset">Where in it the cut is.</param>
/// <param name="KeptAside">The file that holds the bytes that were cut; null when none were, or when the log was opened to read.</param>
public sealed record LogRecoveryReport(
    bool WasClosed,
    LogPosition LastPosition,
    int Segments,
    long TornBytes = 0,
    string? TornFile = null,
    long TornOffset = 0,
    string? KeptAside = null)
{
    /// <summary>How many bytes of segments were read and checked.</summary>
    public long BytesChecked { get; init; }

    /// <summary>
    /// The index files that do not fit their segments, in log order. They are passed over, and made anew by an opening to write. Those of
    /// segments that were not read (<see cref="LogOpenCheck.Unproven"/>) are not looked at.
    /// </summary>
    public IReadOnlyList<string> DamagedIndexes { get; init; } = [];

    /// <summary>
    /// What is damaged in a log opened with <see cref="LogOpenMode.Salvage"/>, in log order. Empty otherwise, since damage refuses to
    /// open then.
    /// </summary>
    public IReadOnlyList<LogDamage> Damages { get; init; } = [];
}
