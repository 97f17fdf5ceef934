namespace DataIntensive.Testing;

// The shortest beginning of a part that has no order, by the return that ends it. What was called and has not returned by then may take
// effect with its later result, or not at all.
internal sealed class BlockedPrefix
{
    private const int MostConfigurations = 200_000;

    private BlockedPrefix(int last, StateTable table, IReadOnlyList<SearchStep> order, IReadOnlyList<int> states, bool isExact)
    {
        Last = last;
        Table = table;
        Order = order;
        States = states;
        IsExact = isExact;
    }

    // Counted by the order of returns.
    public int Last { get; }

    public StateTable Table { get; }

    // An order of what returned before it.
    public IReadOnlyList<SearchStep> Order { get; }

    // States in which such orders end.
    public IReadOnlyList<int> States { get; }

    // False when a shorter beginning may have no order either.
    public bool IsExact { get; }

    public static BlockedPrefix Find(SequentialModel model, SearchProblem problem, LinearizabilitySearch failed, CheckBudget budget)
    {
        // Some order got as far as the failed search did, and none to the end.
        (int good, int bad) = (Math.Max(-1, failed.Blocked - 1), problem.Strict.Length - 1);
        (StateTable table, IReadOnlyList<SearchStep> order) = (problem.Table, failed.Order);
        bool isExact = true;
        while (bad - good > 1)
        {
            int middle = good + ((bad - good) / 2);
            LinearizabilitySearch search = new(Prefix(model, problem, middle), budget, MostConfigurations);
            SearchEnd end = search.Run();
            if (end == SearchEnd.NotThere)
            {
                bad = middle;
                continue;
            }

            good = middle;
            isExact &= end == SearchEnd.Found;
            if (end == SearchEnd.Found)
            {
                (table, order) = (search.Table, [.. search.Order]);
            }
        }

        // Once more, without giving up for the last operation's sake, to see all that leads up to it.
        LinearizabilitySearch last = new(Prefix(model, problem, bad, problem.Strict[bad]), budget, MostConfigurations);
        last.Run();
        return last.Blocked == bad
            ? new BlockedPrefix(bad, last.Table, last.Order, last.BlockedStates, isExact)
            : new BlockedPrefix(bad, table, order, [order.Count == 0 ? StateTable.Initial : order[^1].After], isExact);
    }

    private static SearchProblem Prefix(SequentialModel model, SearchProblem problem, int last, HistoryOperation? notAhead = null)
    {
        long end = problem.Strict[last].ReturnedAt;
        HashSet<HistoryOperation> strict = [.. problem.Strict.Take(last + 1)];
        return new SearchProblem(
            model.NewTable(),
            [.. problem.Strict.Concat(problem.Optional).Where(operation => operation.CalledAt <= end)],
            operation => strict.Contains(operation) ? Demand.Strict : operation.Outcome == HistoryOutcome.Returned ? Demand.Pending : Demand.Free,
            notAhead);
    }
}
