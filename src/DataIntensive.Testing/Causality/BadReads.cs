namespace DataIntensive.Testing;

// The bad patterns of weak causal consistency.
internal sealed class BadReads(IndexedCausalHistory history, CausalReport report, CausalPath path, CheckBudget budget)
{
    public void FindThinAir()
    {
        for (int read = 0; read < history.Count; read++)
        {
            budget.Spend();
            if (history.Source[read] < 0 && !history[read].ReadsInitial && report.Wants(CausalPattern.ThinAirRead))
            {
                report.Add(CausalPattern.ThinAirRead, [history.Describe(read)], $"{history.Describe(read)} returned what nobody wrote.");
            }
        }
    }

    public void ReportCycle()
    {
        List<int> from = [];
        List<int> to = [];
        for (int operation = 0; operation < history.Count; operation++)
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
        }

        (int[] first, int[] grouped) = Knots.Group(history.Count, [.. from]);
        foreach (int[] knot in Knots.Find(history.Count, first, grouped, to.ToArray(), budget))
        {
            if (report.Wants(CausalPattern.CyclicCO))
            {
                int start = knot.Min();
                List<int> cycle = path.Find(start, start)!;
                report.Add(CausalPattern.CyclicCO, [.. cycle[1..].Select(history.Describe)], $"{path.Text(cycle)} is a circle.");
            }
        }
    }

    public void FindInitial(CausalClocks clocks)
    {
        for (int read = 0; read < history.Count; read++)
        {
            if (!history[read].ReadsInitial)
            {
                continue;
            }

            foreach (KeyWrites writes in history.WritesOf(history.KeyOf[read]))
            {
                budget.Spend();
                int write = writes.Writes[0];
                if (clocks.Precedes(write, read) && report.Wants(CausalPattern.WriteCOInitRead))
                {
                    string way = path.Text(path.Find(write, read)!);
                    report.Add(CausalPattern.WriteCOInitRead, [history.Describe(write), history.Describe(read)], $"{history.Describe(read)} found nothing, although {way}.");
                    break;
                }
            }
        }
    }

    public void FindOverwritten(CausalClocks clocks)
    {
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
                int between = history.LastWrite(writes, clocks[read][writes.Session]);
                if (between >= 0 && between != source && clocks.Precedes(source, between) && report.Wants(CausalPattern.WriteCORead))
                {
                    report.Add(
                        CausalPattern.WriteCORead,
                        [history.Describe(source), history.Describe(between), history.Describe(read)],
                        $"{history.Describe(read)} returned what was overwritten: {path.Text(path.Find(source, between)!)}, and {path.Text(path.Find(between, read)!)}.");
                    break;
                }
            }
        }
    }
}
