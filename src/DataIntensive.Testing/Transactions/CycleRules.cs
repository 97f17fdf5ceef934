namespace DataIntensive.Testing;

// The automaton of each kind of cycle. It has two states: 0, and 1 for "the last step was an anti-dependency"; for a cycle with one
// of them, 1 is "it is behind us".
internal static class CycleRules
{
    private const int Refused = -1;

    // The state behind an edge; negative when the edge cannot follow.
    public static int Next(CycleKind cycle, int state, int kind) => cycle switch
    {
        CycleKind.Writes => IsDependency(kind) && kind != (int)DependencyKind.WriteRead ? 0 : Refused,
        CycleKind.Dependencies => IsDependency(kind) ? 0 : Refused,
        CycleKind.OneAntiDependency when state == 0 => kind == (int)DependencyKind.ReadWrite ? 1 : Refused,
        CycleKind.OneAntiDependency => kind == (int)DependencyKind.ReadWrite ? Refused : 1,
        CycleKind.Nonadjacent when state == 0 => kind == (int)DependencyKind.ReadWrite ? 1 : kind == DependencyGraph.CarryReadWrite ? Refused : 0,
        CycleKind.Nonadjacent => kind == (int)DependencyKind.ReadWrite ? Refused : kind == DependencyGraph.CarryReadWrite ? 1 : 0,
        _ => 0,
    };

    // In which state a cycle that began in 0 comes back.
    public static int End(CycleKind cycle) => cycle == CycleKind.OneAntiDependency ? 1 : 0;

    public static int States(CycleKind cycle) => cycle is CycleKind.OneAntiDependency or CycleKind.Nonadjacent ? 2 : 1;

    // Of the data or of an order, and no anti-dependency.
    public static bool IsDependency(int kind) => kind is not ((int)DependencyKind.ReadWrite or DependencyGraph.CarryReadWrite);

    public static TransactionAnomalyKind AnomalyOf(CycleKind cycle) => cycle switch
    {
        CycleKind.Writes => TransactionAnomalyKind.G0,
        CycleKind.Dependencies => TransactionAnomalyKind.G1c,
        CycleKind.OneAntiDependency => TransactionAnomalyKind.GSingle,
        CycleKind.Nonadjacent => TransactionAnomalyKind.GNonadjacent,
        _ => TransactionAnomalyKind.G2Item,
    };
}
