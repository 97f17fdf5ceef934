namespace DataIntensive.Testing;

// Which level implies which, and which of them an anomaly rules out.
internal static class TransactionLevels
{
    private static readonly TransactionLevel[] All = Enum.GetValues<TransactionLevel>();

    public static bool Implies(TransactionLevel stronger, TransactionLevel weaker) =>
        stronger == weaker || DirectlyBelow(stronger).Any(below => Implies(below, weaker));

    // Those of the levels that none of the others implies.
    public static TransactionLevel[] Weakest(IEnumerable<TransactionLevel> levels)
    {
        TransactionLevel[] distinct = [.. levels.Distinct().Order()];
        return [.. distinct.Where(level => !distinct.Any(other => other != level && Implies(level, other)))];
    }

    public static TransactionLevel[] RuledOutBy(TransactionLevel[] weakest) => [.. All.Where(level => weakest.Any(weak => Implies(level, weak)))];

    // Up to which orders the level asks for.
    public static OrderScope ScopeOf(TransactionLevel level) =>
        Implies(level, TransactionLevel.StrongSnapshotIsolation) ? OrderScope.Realtime
        : Implies(level, TransactionLevel.StrongSessionSnapshotIsolation) ? OrderScope.Process
        : OrderScope.None;

    public static TransactionLevel[] WeakestViolatedBy(TransactionAnomalyKind kind, OrderScope scope) => (kind, scope) switch
    {
        (TransactionAnomalyKind.G2Item, OrderScope.Process) => [TransactionLevel.StrongSessionSerializable],
        (TransactionAnomalyKind.G2Item, OrderScope.Realtime) => [TransactionLevel.StrictSerializable],
        (_, OrderScope.Process) => [TransactionLevel.StrongSessionSnapshotIsolation],
        (_, OrderScope.Realtime) => [TransactionLevel.StrongSnapshotIsolation],
        (TransactionAnomalyKind.G0 or TransactionAnomalyKind.DuplicateElements or TransactionAnomalyKind.GarbageRead or TransactionAnomalyKind.CyclicVersions, _) =>
            [TransactionLevel.ReadUncommitted],
        (TransactionAnomalyKind.GSingle or TransactionAnomalyKind.LostUpdate, _) => [TransactionLevel.ConsistentView, TransactionLevel.RepeatableRead],
        (TransactionAnomalyKind.GNonadjacent or TransactionAnomalyKind.Internal, _) => [TransactionLevel.SnapshotIsolation, TransactionLevel.RepeatableRead],
        (TransactionAnomalyKind.G2Item, _) => [TransactionLevel.RepeatableRead],
        _ => [TransactionLevel.ReadCommitted],
    };

    private static TransactionLevel[] DirectlyBelow(TransactionLevel level) => level switch
    {
        TransactionLevel.ReadCommitted => [TransactionLevel.ReadUncommitted],
        TransactionLevel.ConsistentView or TransactionLevel.RepeatableRead => [TransactionLevel.ReadCommitted],
        TransactionLevel.SnapshotIsolation => [TransactionLevel.ConsistentView],
        TransactionLevel.Serializable => [TransactionLevel.RepeatableRead, TransactionLevel.SnapshotIsolation],
        TransactionLevel.StrongSessionSnapshotIsolation => [TransactionLevel.SnapshotIsolation],
        TransactionLevel.StrongSnapshotIsolation => [TransactionLevel.StrongSessionSnapshotIsolation],
        TransactionLevel.StrongSessionSerializable => [TransactionLevel.Serializable, TransactionLevel.StrongSessionSnapshotIsolation],
        TransactionLevel.StrictSerializable => [TransactionLevel.StrongSessionSerializable, TransactionLevel.StrongSnapshotIsolation],
        _ => [],
    };
}
