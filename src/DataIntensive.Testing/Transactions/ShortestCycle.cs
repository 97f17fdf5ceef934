namespace DataIntensive.Testing;

// Breadth-first searches for the shortest cycle in a knot, from each transaction that can begin one, within a number of steps.
// Waypoints are free: the length counts transactions.
internal sealed class ShortestCycle
{
    private readonly KnottedGraph _graph;
    private readonly CheckBudget _budget;
    private readonly long _maxSteps;
    private readonly bool[] _isInside;

    // Per node, its place in an order that keeps all edges of the knot but anti-dependencies.
    private readonly int[] _places;

    // Per node and state, in which search it was reached, at what distance and by which edge.
    private readonly int[] _search;
    private readonly int[] _distance;
    private readonly int[] _edge;
    private readonly int[] _stateBefore;
    private int[] _knot = [];
    private OrderScope _scope;
    private bool _isOrdered;
    private int _searches;
    private long _steps;

    public ShortestCycle(KnottedGraph graph, CheckBudget budget, long maxSteps)
    {
        _graph = graph;
        _budget = budget;
        _maxSteps = maxSteps;
        int nodes = graph.Nodes.Length;
        _isInside = new bool[nodes];
        _places = new int[nodes];
        _search = new int[nodes * 2];
        _distance = new int[nodes * 2];
        _edge = new int[nodes * 2];
        _stateBefore = new int[nodes * 2];
    }

    // Ordered: the knot has no cycle without an anti-dependency.
    public void Enter(int[] knot, OrderScope scope, bool ordered)
    {
        foreach (int node in _knot)
        {
            _isInside[node] = false;
        }

        foreach (int node in knot)
        {
            _isInside[node] = true;
        }

        _knot = knot;
        _scope = scope;
        _isOrdered = ordered;
        if (ordered)
        {
            Order();
        }
    }

    // The edges of the shortest cycle; complete is false when the steps ran out before all beginnings were tried.
    public List<int>? Find(CycleKind cycle, out bool complete)
    {
        _steps = 0;
        complete = true;
        List<int>? best = null;
        int bestLength = int.MaxValue;
        foreach (int node in _knot)
        {
            if (!CanBegin(node))
            {
                continue;
            }

            if (_steps > _maxSteps)
            {
                complete = false;

                // Without a cycle yet, all that are left are tried, however long it takes: one of them is on one.
                if (best is not null || cycle == CycleKind.OneAntiDependency)
                {
                    break;
                }
            }

            if (Search(cycle, node, bestLength) is { } found)
            {
                best = found;
                bestLength = _distance[(node * 2) + CycleRules.End(cycle)];
                if (bestLength == 2)
                {
                    break;
                }
            }
        }

        return best;
    }

    // Where all else is in order, every cycle has an anti-dependency that leads back, so it is enough to begin at those.
    private bool CanBegin(int node)
    {
        if (!_graph.IsTransaction[node])
        {
            return false;
        }

        if (!_isOrdered)
        {
            return true;
        }

        foreach (int edge in _graph.EdgesFrom(node))
        {
            bool leadsBack = !_graph.IsTransaction[_graph.To[edge]] || _places[_graph.To[edge]] < _places[node];
            if (leadsBack && IsUsable(edge) && DependencyGraph.KindOf(_graph.Label[edge]) == (int)DependencyKind.ReadWrite)
            {
                return true;
            }
        }

        return false;
    }

    private List<int>? Search(CycleKind cycle, int start, int shorterThan)
    {
        _searches++;
        int end = (start * 2) + CycleRules.End(cycle);
        Stack<int> level = new([start * 2]);
        Stack<int> next = new();
        for (int distance = 0; level.Count > 0 && distance < shorterThan; distance++)
        {
            while (level.TryPop(out int place))
            {
                if (Spread(cycle, start, place, distance, shorterThan, level, next) == end)
                {
                    return Path(start, end);
                }
            }

            (level, next) = (next, level);
        }

        return null;
    }

    // Returns the end when it was reached.
    private int Spread(CycleKind cycle, int start, int place, int distance, int shorterThan, Stack<int> level, Stack<int> next)
    {
        (int node, int state) = Math.DivRem(place, 2);
        foreach (int edge in _graph.EdgesFrom(node))
        {
            _steps++;
            _budget.Spend();
            int to = _graph.To[edge];
            int after = CycleRules.Next(cycle, state, DependencyGraph.KindOf(_graph.Label[edge]));
            if (after < 0 || !IsUsable(edge) || IsBeyond(cycle, start, to))
            {
                continue;
            }

            int target = (to * 2) + after;
            int length = distance + (_graph.IsTransaction[to] ? 1 : 0);
            if (_search[target] == _searches && _distance[target] <= length)
            {
                continue;
            }

            (_search[target], _distance[target], _edge[target], _stateBefore[target]) = (_searches, length, edge, state);
            if (to == start && after == CycleRules.End(cycle) && length < shorterThan)
            {
                return target;
            }

            (length == distance ? level : next).Push(target);
        }

        return -1;
    }

    // Behind its one anti-dependency such a cycle only goes forward, so nothing past its start leads back to it.
    private bool IsBeyond(CycleKind cycle, int start, int node) =>
        cycle == CycleKind.OneAntiDependency && _isOrdered && _places[node] > _places[start];

    private List<int> Path(int start, int end)
    {
        List<int> edges = [];
        int place = end;
        do
        {
            int edge = _edge[place];
            edges.Add(edge);
            place = (_graph.From[edge] * 2) + _stateBefore[place];
        }
        while (place != start * 2);
        edges.Reverse();
        return edges;
    }

    private bool IsUsable(int edge) =>
        DependencyGraph.ScopeOf(_graph.Label[edge]) <= _scope && _isInside[_graph.To[edge]];

    // Kahn's algorithm. Among several it takes the first in the history, so that the order is close to the real one, and few
    // anti-dependencies lead back.
    private void Order()
    {
        Dictionary<int, int> before = [];
        PriorityQueue<int, int> ready = new();
        foreach (int node in _knot)
        {
            _places[node] = int.MaxValue;
            foreach (int edge in _graph.EdgesFrom(node))
            {
                if (IsUsable(edge) && CycleRules.IsDependency(DependencyGraph.KindOf(_graph.Label[edge])))
                {
                    before[_graph.To[edge]] = before.GetValueOrDefault(_graph.To[edge]) + 1;
                }
            }
        }

        foreach (int node in _knot)
        {
            if (!before.ContainsKey(node))
            {
                ready.Enqueue(node, Priority(node));
            }
        }

        for (int place = 0; ready.TryDequeue(out int node, out _); place++)
        {
            _budget.Spend();
            _places[node] = place;
            foreach (int edge in _graph.EdgesFrom(node))
            {
                if (IsUsable(edge) && CycleRules.IsDependency(DependencyGraph.KindOf(_graph.Label[edge])) && --before[_graph.To[edge]] == 0)
                {
                    ready.Enqueue(_graph.To[edge], Priority(_graph.To[edge]));
                }
            }
        }
    }

    private int Priority(int node) => _graph.IsTransaction[node] ? node : -1;
}
