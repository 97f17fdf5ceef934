namespace DataIntensive.Testing;

// Strongly connected components by Tarjan's algorithm, without recursion, over edges that are grouped by where they begin.
internal static class Knots
{
    // Groups edges by where they begin: the edges of node n are those from First[n] to before First[n + 1].
    public static (int[] First, int[] Edges) Group(int nodes, ReadOnlySpan<int> from)
    {
        int[] first = new int[nodes + 1];
        foreach (int node in from)
        {
            first[node + 1]++;
        }

        for (int node = 0; node < nodes; node++)
        {
            first[node + 1] += first[node];
        }

        int[] next = first[..^1];
        int[] edges = new int[from.Length];
        for (int edge = 0; edge < from.Length; edge++)
        {
            edges[next[from[edge]]++] = edge;
        }

        return (first, edges);
    }

    // Those with more than one node.
    public static List<int[]> Find(int nodes, int[] first, int[] edges, ReadOnlySpan<int> to, CheckBudget budget)
    {
        List<int[]> knots = [];
        int[] number = new int[nodes];
        int[] low = new int[nodes];
        int[] next = new int[nodes];
        bool[] isOpen = new bool[nodes];
        Stack<int> open = new();
        Stack<int> path = new();
        int count = 0;
        for (int root = 0; root < nodes; root++)
        {
            if (number[root] != 0)
            {
                continue;
            }

            path.Push(root);
            while (path.TryPeek(out int node))
            {
                budget.Spend();
                if (number[node] == 0)
                {
                    number[node] = low[node] = ++count;
                    next[node] = first[node];
                    isOpen[node] = true;
                    open.Push(node);
                }

                bool descended = false;
                while (next[node] < first[node + 1])
                {
                    int target = to[edges[next[node]++]];
                    if (number[target] == 0)
                    {
                        path.Push(target);
                        descended = true;
                        break;
                    }

                    if (isOpen[target])
                    {
                        low[node] = Math.Min(low[node], number[target]);
                    }
                }

                if (descended)
                {
                    continue;
                }

                path.Pop();
                if (path.TryPeek(out int parent))
                {
                    low[parent] = Math.Min(low[parent], low[node]);
                }

                if (low[node] == number[node])
                {
                    Close(node, open, isOpen, knots);
                }
            }
        }

        return knots;
    }

    private static void Close(int root, Stack<int> open, bool[] isOpen, List<int[]> knots)
    {
        if (open.Peek() == root)
        {
            isOpen[open.Pop()] = false;
            return;
        }

        List<int> knot = [];
        int node;
        do
        {
            node = open.Pop();
            isOpen[node] = false;
            knot.Add(node);
        }
        while (node != root);
        knots.Add([.. knot]);
    }
}
