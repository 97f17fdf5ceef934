namespace DataIntensive.Testing;

// The bad pattern of causal convergence: a read that knows of two writes and returns one of them puts the other before it, for everybody.
internal sealed class ConflictOrder(IndexedCausalHistory history, CausalClocks clocks, CausalReport report, CausalPath path, CheckBudget budget)
{
    public void Check()
    {
        Dictionary<int, SortedSet<int>> conflicts = FindConflicts();
        List<int> from = [];
        List<int> to = [];
        for (int operation = 0; operation < history.Count; operation++)
        {
            AddEdges(operation, conflicts, from, to);
        }

        (int[] first, int[] grouped) = Knots.Group(history.Count, [.. from]);
        foreach (int[] knot in Knots.Find(history.Count, first, grouped, to.ToArray(), budget))
        {
            if (report.Wants(CausalPattern.CyclicCF))
            {
                int start = knot.Where(conflicts.ContainsKey).Min();
                List<int> cycle = path.Find(start, start, conflicts)!;
                report.Add(
                    CausalPattern.CyclicCF,
                    [.. cycle[1..].Select(history.Describe)],
                    $"{path.Text(cycle)} is a circle, where a write is before another because a read knew both and returned the other.");
            }
        }
    }

    private Dictionary<int, SortedSet<int>> FindConflicts()
    {
        Dictionary<int, SortedSet<int>> conflicts = [];
        for (int read = 0; read < history.Count; read++)
        {
            int source = history.Source[read];
            if (source < 0 || source == read)
            {
                continue;
            }

            foreach (KeyWrites writes in history.WritesOf(history.KeyOf[read]))
            {
                budget.Spend();
                int other = history.LastWrite(writes, clocks[read][writes.Session]);
                if (other >= 0 && other != source && !clocks.Precedes(other, source))
                {
                    (conflicts.TryGetValue(other, out SortedSet<int>? after) ? after : conflicts[other] = []).Add(source);
                }
            }
        }

        return conflicts;
    }

    private void AddEdges(int operation, Dictionary<int, SortedSet<int>> conflicts, List<int> from, List<int> to)
    {
        if (!history.IsLastOfSession(operation))
        {
            from.Add(operation);
            to.Add(operation + 1);
        }

        if (history.Source[operation] is >= 0 and int source && source != operation)
        {
            from.Add(source);
            to.Add(operation);
        }

        foreach (int later in conflicts.TryGetValue(operation, out SortedSet<int>? after) ? after : [])
        {
            from.Add(operation);
            to.Add(later);
        }
    }
}
