namespace DataIntensive.Testing;

// The orders that do not come from the data. Only what is known to have taken effect stands in them, and nothing comes after an
// unknown outcome: it may have taken effect at any time later.
internal static class OrderEdges
{
    public static void AddProcesses(IndexedHistory history, DependencyGraph graph)
    {
        Dictionary<int, int> last = [];
        foreach (int transaction in InOrderOfCalls(history))
        {
            if (history.Records[transaction].Process is not { } process || !history.HasEffect[transaction])
            {
                continue;
            }

            if (last.TryGetValue(process, out int before))
            {
                graph.Add(before, transaction, DependencyKind.Process, OrderScope.Process);
            }

            if (history.IsCommitted(transaction))
            {
                last[process] = transaction;
            }
        }
    }

    // A chain of waypoints in time: what returned leads into the next of them, and each leads to what is called behind it. With it,
    // no transaction needs an edge to each of those that were called later.
    public static void AddRealtime(IndexedHistory history, DependencyGraph graph)
    {
        if (!history.History.HasTimes)
        {
            return;
        }

        int[] calls = InOrderOfCalls(history);
        int[] returns = [.. Enumerable.Range(0, history.Count).Where(history.IsCommitted)];
        Array.Sort(Array.ConvertAll(returns, i => history.Records[i].ReturnedAt!.Value), returns);
        int waypoint = -1;
        int next = 0;
        foreach (int call in calls)
        {
            if (!history.HasEffect[call])
            {
                continue;
            }

            int first = next;
            while (next < returns.Length && history.Records[returns[next]].ReturnedAt < history.Records[call].CalledAt)
            {
                next++;
            }

            if (next > first)
            {
                int before = waypoint;
                waypoint = graph.AddWaypoint();
                if (before >= 0)
                {
                    graph.CarryTime(before, waypoint);
                }

                for (int i = first; i < next; i++)
                {
                    graph.Add(returns[i], waypoint, DependencyKind.Realtime, OrderScope.Realtime);
                }
            }

            if (waypoint >= 0)
            {
                graph.CarryTime(waypoint, call);
            }
        }
    }

    public static int[] InOrderOfCalls(IndexedHistory history)
    {
        int[] order = [.. Enumerable.Range(0, history.Count)];
        if (history.History.HasTimes)
        {
            // The place as the second part of the key, as Array.Sort is not stable.
            (long, int)[] keys = Array.ConvertAll(order, i => (history.Records[i].CalledAt!.Value, i));
            Array.Sort(keys, order);
        }

        return order;
    }
}
