namespace DataIntensive.Testing;

// How one operation causally precedes another, by the fewest operations, and circles in causality and in what is added to it.
internal sealed class CausalPath(IndexedCausalHistory history)
{
    private const int StepsShown = 5;

    private Dictionary<int, List<int>>? _readers;

    // With the edges of "more" besides those of causality; null when there is no way. From and to may be the same: a circle.
    public List<int>? Find(int from, int to, Dictionary<int, SortedSet<int>>? more = null)
    {
        Dictionary<int, int> before = [];
        Queue<int> reached = new([from]);
        while (reached.TryDequeue(out int operation))
        {
            foreach (int next in After(operation, more))
            {
                if (before.TryAdd(next, operation))
                {
                    if (next == to)
                    {
                        return Back(from, to, before);
                    }

                    reached.Enqueue(next);
                }
            }
        }

        return null;
    }

    // Runs within one session are shown by their ends, and long ways by theirs.
    public string Text(List<int> path)
    {
        List<string> steps = [];
        for (int i = 1; i < path.Count; i++)
        {
            bool isRun = i + 1 < path.Count && IsInSession(path[i - 1], path[i]) && IsInSession(path[i], path[i + 1]);
            if (!isRun)
            {
                string arrow = history.Source[path[i]] == path[i - 1] ? "–rf→" : IsInSession(path[i - 1], path[i]) ? "–po→" : "–before→";
                steps.Add($" {arrow} {history.Describe(path[i])}");
            }
        }

        if (steps.Count > 2 * StepsShown)
        {
            steps = [.. steps[..StepsShown], $" … {steps.Count - (2 * StepsShown)} more …", .. steps[^StepsShown..]];
        }

        return history.Describe(path[0]) + string.Concat(steps);
    }

    private static List<int> Back(int from, int to, Dictionary<int, int> before)
    {
        List<int> path = [to];
        do
        {
            path.Add(before[path[^1]]);
        }
        while (path[^1] != from);
        path.Reverse();
        return path;
    }

    private bool IsInSession(int operation, int next) => next == operation + 1 && history.SessionOf[operation] == history.SessionOf[next];

    private IEnumerable<int> After(int operation, Dictionary<int, SortedSet<int>>? more)
    {
        if (!history.IsLastOfSession(operation))
        {
            yield return operation + 1;
        }

        if (history[operation].IsWrite && Readers.TryGetValue(operation, out List<int>? readers))
        {
            foreach (int reader in readers)
            {
                yield return reader;
            }
        }

        if (more is not null && more.TryGetValue(operation, out SortedSet<int>? added))
        {
            foreach (int next in added)
            {
                yield return next;
            }
        }
    }

    private Dictionary<int, List<int>> Readers
    {
        get
        {
            if (_readers is null)
            {
                _readers = [];
                for (int operation = 0; operation < history.Count; operation++)
                {
                    if (history.Source[operation] is >= 0 and int source && source != operation)
                    {
                        (_readers.TryGetValue(source, out List<int>? readers) ? readers : _readers[source] = []).Add(operation);
                    }
                }
            }

            return _readers;
        }
    }
}
