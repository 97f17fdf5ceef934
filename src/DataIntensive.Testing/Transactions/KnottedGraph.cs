namespace DataIntensive.Testing;

// The part of a dependency graph in which cycles are: its strongly connected components, with nodes numbered anew.
internal sealed class KnottedGraph
{
    private readonly int[] _first;
    private readonly int[] _grouped;

    private KnottedGraph(int transactions, int[] nodes, int[] edges, int[] from, int[] to, DependencyGraph graph)
    {
        Nodes = nodes;
        From = from;
        To = to;
        Label = Array.ConvertAll(edges, graph.Label);
        Key = Array.ConvertAll(edges, graph.Key);
        IsTransaction = Array.ConvertAll(nodes, node => node < transactions);
        (_first, _grouped) = Knots.Group(nodes.Length, from);
    }

    // Per node, its number in the whole graph.
    public int[] Nodes { get; }

    public bool[] IsTransaction { get; }

    public int[] From { get; }

    public int[] To { get; }

    public byte[] Label { get; }

    public int[] Key { get; }

    public static KnottedGraph? Of(DependencyGraph graph, CheckBudget budget)
    {
        (int[] first, int[] grouped) = Knots.Group(graph.Nodes, graph.From);
        List<int[]> knots = Knots.Find(graph.Nodes, first, grouped, graph.To, budget);
        if (knots.Count == 0)
        {
            return null;
        }

        int[] knotOf = new int[graph.Nodes];
        int[] numbers = new int[graph.Nodes];
        List<int> nodes = [];
        for (int knot = 0; knot < knots.Count; knot++)
        {
            foreach (int node in knots[knot].Order())
            {
                knotOf[node] = knot + 1;
                numbers[node] = nodes.Count;
                nodes.Add(node);
            }
        }

        List<int> edges = [];
        for (int edge = 0; edge < graph.Edges; edge++)
        {
            if (knotOf[graph.From[edge]] != 0 && knotOf[graph.From[edge]] == knotOf[graph.To[edge]])
            {
                edges.Add(edge);
            }
        }

        int[] from = [.. edges.Select(edge => numbers[graph.From[edge]])];
        int[] to = [.. edges.Select(edge => numbers[graph.To[edge]])];
        return new KnottedGraph(graph.Transactions, [.. nodes], [.. edges], from, to, graph);
    }

    public ReadOnlySpan<int> EdgesFrom(int node) => _grouped.AsSpan(_first[node], _first[node + 1] - _first[node]);

    // The knots that edges of one kind of cycle make, up to a scope; each as its nodes, without repetition, in ascending order.
    public IEnumerable<int[]> KnotsOf(CycleKind cycle, OrderScope scope, CheckBudget budget)
    {
        int states = CycleRules.States(cycle);
        List<int> from = [];
        List<int> to = [];
        for (int edge = 0; edge < From.Length; edge++)
        {
            for (int state = 0; state < states && DependencyGraph.ScopeOf(Label[edge]) <= scope; state++)
            {
                if (CycleRules.Next(cycle, state, DependencyGraph.KindOf(Label[edge])) is >= 0 and int next)
                {
                    from.Add((From[edge] * states) + state);
                    to.Add((To[edge] * states) + next);
                }
            }
        }

        int[] targets = [.. to];
        (int[] first, int[] grouped) = Knots.Group(Nodes.Length * states, [.. from]);
        return Knots.Find(Nodes.Length * states, first, grouped, targets, budget).Select(knot => knot.Select(node => node / states).Distinct().Order().ToArray());
    }
}
