namespace DataIntensive.Testing;

// Names the cycles of a dependency graph: for each knot of transactions the worst kind of cycle in it, and of that kind the shortest.
internal sealed class CycleSearch
{
    private const int Unmarked = int.MaxValue;

    private static readonly CycleKind[] Passes = [CycleKind.Writes, CycleKind.Dependencies, CycleKind.Nonadjacent, CycleKind.Any];

    private readonly KnottedGraph _graph;
    private readonly AnomalyReport _report;
    private readonly DependencyText _text;
    private readonly CheckBudget _budget;
    private readonly ShortestCycle _shortest;

    // Per node, the worst kind of cycle through it that was found.
    private readonly int[] _marks;

    public CycleSearch(KnottedGraph graph, AnomalyReport report, DependencyText text, CheckBudget budget, long maxSteps)
    {
        _graph = graph;
        _report = report;
        _text = text;
        _budget = budget;
        _shortest = new ShortestCycle(graph, budget, maxSteps);
        _marks = new int[graph.Nodes.Length];
        Array.Fill(_marks, Unmarked);
    }

    // First what contradicts itself, then what contradicts the orders of processes and of time too.
    public void Run(OrderScope widest)
    {
        for (OrderScope scope = OrderScope.None; scope <= widest; scope++)
        {
            foreach (CycleKind pass in Passes)
            {
                foreach (int[] knot in _graph.KnotsOf(pass, scope, _budget))
                {
                    if (!knot.Any(node => _marks[node] <= (int)pass))
                    {
                        Name(knot, pass, scope);
                    }
                }
            }
        }
    }

    private void Name(int[] knot, CycleKind pass, OrderScope scope)
    {
        _shortest.Enter(knot, scope, ordered: pass > CycleKind.Dependencies);
        CycleKind found = pass;
        List<int>? cycle = null;
        if (pass == CycleKind.Nonadjacent)
        {
            cycle = _shortest.Find(CycleKind.OneAntiDependency, out bool complete);
            found = cycle is null ? pass : CycleKind.OneAntiDependency;
            _report.MayHideReadSkew |= cycle is null && !complete;
        }

        cycle ??= _shortest.Find(pass, out _);
        if (cycle is null)
        {
            throw new InvalidOperationException($"A knot of {knot.Length} nodes has no cycle of the kind {pass}.");
        }

        foreach (int edge in cycle)
        {
            _marks[_graph.From[edge]] = Math.Min(_marks[_graph.From[edge]], (int)found);
        }

        Report(CycleRules.AnomalyOf(found), cycle);
    }

    private void Report(TransactionAnomalyKind kind, List<int> edges)
    {
        // A waypoint only carries on the edge that led into it.
        List<int> steps = [.. edges.Where(edge => DependencyGraph.KindOf(_graph.Label[edge]) < DependencyGraph.CarryReadWrite)];
        int start = Enumerable.Range(0, steps.Count).MinBy(i => _graph.Nodes[_graph.From[steps[i]]]);
        steps = [.. steps[start..], .. steps[..start]];
        int[] transactions = [.. steps.Select(edge => _graph.Nodes[_graph.From[edge]])];
        OrderScope scope = steps.Max(edge => DependencyGraph.ScopeOf(_graph.Label[edge]));
        List<TransactionDependency> cycle = [];
        if (_report.Wants(kind, scope))
        {
            for (int i = 0; i < steps.Count; i++)
            {
                byte label = _graph.Label[steps[i]];
                cycle.Add(_text.Explain(
                    transactions[i],
                    transactions[(i + 1) % steps.Count],
                    (DependencyKind)DependencyGraph.KindOf(label),
                    _graph.Key[steps[i]],
                    DependencyGraph.ScopeOf(label)));
            }
        }

        _report.AddCycle(kind, scope, transactions, cycle);
    }
}
