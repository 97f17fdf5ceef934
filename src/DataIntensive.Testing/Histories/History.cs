namespace DataIntensive.Testing;

/// <summary>
/// What concurrent processes did, and what they saw of it, in the order of real time. <see cref="HistoryRecorder"/> records one;
/// <see cref="HistoryText"/>, <see cref="HistoryJson"/>, <see cref="RegisterLog"/> and <see cref="KeyValueLog"/> read one;
/// <see cref="HistoryBuilder"/> makes one of anything else. It never changes and may be used from any thread.
/// </summary>
public sealed class History
{
    internal History(IEnumerable<HistoryOperation> operations) => Operations = [.. operations.OrderBy(operation => operation.CalledAt)];

    /// <summary>The operations in the order of their calls. What is known to have had no effect is not among them.</summary>
    public IReadOnlyList<HistoryOperation> Operations { get; }

    /// <summary>Returns how many operations of how many processes there are.</summary>
    public override string ToString()
    {
        int unknown = Operations.Count(operation => operation.Outcome == HistoryOutcome.Unknown);
        int processes = Operations.Select(operation => operation.Process).Distinct().Count();
        return $"{Operations.Count} operations of {processes} processes, {unknown} of unknown outcome";
    }
}
