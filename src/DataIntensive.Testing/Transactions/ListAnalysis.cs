namespace DataIntensive.Testing;

// Histories of lists. First, each key by itself: the order of its elements, and reads that cannot be. Then, when it is known which
// transactions took effect, the dependencies.
internal sealed class ListAnalysis(IndexedHistory history, AnomalyReport report, CheckBudget budget)
{
    private readonly ListKey[] _keys = new ListKey[history.Keys.Length];

    // Per step that appends, its place in the order of its key, from 1; 0 when no read shows it.
    private readonly int[] _places = new int[history.KeyOf.Length];

    public int PlaceOf(int step) => _places[step];

    public void FindOrders()
    {
        for (int key = 0; key < _keys.Length; key++)
        {
            _keys[key] = FindOrder(key);
        }
    }

    public void CheckReads()
    {
        for (int key = 0; key < _keys.Length; key++)
        {
            CheckReads(key);
            CheckDirtyUpdate(key);
            CheckLostUpdates(key);
        }
    }

    public void AddEdges(DependencyGraph graph)
    {
        for (int key = 0; key < _keys.Length; key++)
        {
            new ListEdges(history, graph, key, _keys[key]).Add(_places);
            budget.Spend(history.StepsOfKey(key).Length);
        }
    }

    private ListKey FindOrder(int key)
    {
        HashSet<int> misfits = [];
        int longest = LongestRead(key, misfits);
        ReadOnlySpan<long> order = longest < 0 ? [] : history.Step(longest).Elements;
        int[] appends = new int[order.Length];
        (int firstAborted, int firstGarbage) = (order.Length, order.Length);
        for (int place = order.Length - 1; place >= 0; place--)
        {
            int append = appends[place] = history.WriteOf(key, order[place]);
            if (append < 0)
            {
                firstGarbage = place;
                continue;
            }

            _places[append] = place + 1;
            MarkRead(append);
            if (history.IsFailed(history.Owners[append]))
            {
                firstAborted = place;
            }
        }

        foreach (int step in history.StepsOfKey(key))
        {
            if (IsRead(step) && !misfits.Contains(step) && !order.StartsWith(history.Step(step).Elements))
            {
                misfits.Add(step);
                report.Add(
                    TransactionAnomalyKind.IncompatibleOrder,
                    $"{history.Keys[key]} was read as {DependencyText.Of(order)} and as {DependencyText.Of(history.Step(step).Elements)}.",
                    history.Owners[longest],
                    history.Owners[step]);
                MarkElements(key, step);
            }
        }

        return new ListKey { Appends = appends, LongestRead = longest, FirstAborted = firstAborted, FirstGarbage = firstGarbage, Misfits = misfits };
    }

    // The longest in which no element stands twice; those in which one does are put aside.
    private int LongestRead(int key, HashSet<int> misfits)
    {
        while (true)
        {
            int longest = -1;
            foreach (int step in history.StepsOfKey(key))
            {
                if (IsRead(step) && !misfits.Contains(step) && (longest < 0 || history.Step(step).Elements.Length > history.Step(longest).Elements.Length))
                {
                    longest = step;
                }
            }

            if (longest < 0 || FindRepeated(history.Step(longest).Elements) is not { } repeated)
            {
                return longest;
            }

            misfits.Add(longest);
            budget.Spend(history.StepsOfKey(key).Length);
            report.Add(
                TransactionAnomalyKind.DuplicateElements,
                $"{history.Keys[key]} was read with {repeated} twice in it: {DependencyText.Of(history.Step(longest).Elements)}.",
                history.Owners[longest]);
            MarkElements(key, longest);
        }
    }

    private long? FindRepeated(ReadOnlySpan<long> elements)
    {
        budget.Spend(elements.Length + 1);
        HashSet<long> seen = new(elements.Length);
        foreach (long element in elements)
        {
            if (!seen.Add(element))
            {
                return element;
            }
        }

        return null;
    }

    private void MarkElements(int key, int read)
    {
        foreach (long element in history.Step(read).Elements)
        {
            if (history.WriteOf(key, element) is >= 0 and int append)
            {
                MarkRead(append);
            }
        }
    }

    private void MarkRead(int append)
    {
        int writer = history.Owners[append];
        history.HasEffect[writer] |= !history.IsFailed(writer);
    }

    private void CheckReads(int key)
    {
        ListKey order = _keys[key];
        foreach (int step in history.StepsOfKey(key))
        {
            budget.Spend();
            if (!IsRead(step))
            {
                continue;
            }

            ReadOnlySpan<long> elements = history.Step(step).Elements;
            if (order.Misfits.Contains(step))
            {
                foreach (long element in elements)
                {
                    CheckElement(key, step, element, history.WriteOf(key, element));
                }
            }
            else
            {
                CheckFirst(key, step, elements, order.FirstAborted, order.Appends);
                CheckFirst(key, step, elements, order.FirstGarbage, order.Appends);
            }

            CheckIntermediate(key, step, elements);
        }
    }

    private void CheckFirst(int key, int read, ReadOnlySpan<long> elements, int place, int[] appends)
    {
        if (place < elements.Length)
        {
            CheckElement(key, read, elements[place], appends[place]);
        }
    }

    private void CheckElement(int key, int read, long element, int append)
    {
        int reader = history.Owners[read];
        if (append < 0)
        {
            report.Add(TransactionAnomalyKind.GarbageRead, $"{history.Keys[key]} was read with {element} in it, which nobody appended.", reader);
        }
        else if (history.IsFailed(history.Owners[append]))
        {
            report.Add(
                TransactionAnomalyKind.G1a,
                $"{history.History.NameOf(reader)} read {element} in {history.Keys[key]}, which {history.History.NameOf(history.Owners[append])} appended and took back.",
                reader,
                history.Owners[append]);
        }
    }

    // The newest element is somebody else's, who appended more.
    private void CheckIntermediate(int key, int read, ReadOnlySpan<long> elements)
    {
        int reader = history.Owners[read];
        for (int i = elements.Length - 1; i >= 0; i--)
        {
            int append = history.WriteOf(key, elements[i]);
            if (append >= 0 && history.Owners[append] == reader)
            {
                continue;
            }

            if (append >= 0 && history.Overwritten[append] && !history.IsFailed(history.Owners[append]))
            {
                report.Add(
                    TransactionAnomalyKind.G1b,
                    $"{history.History.NameOf(reader)} read {history.Keys[key]} up to {elements[i]}, in the middle of what {history.History.NameOf(history.Owners[append])} appended.",
                    reader,
                    history.Owners[append]);
            }

            return;
        }
    }

    private void CheckDirtyUpdate(int key)
    {
        ListKey order = _keys[key];
        for (int place = order.FirstAborted + 1; place < order.Appends.Length; place++)
        {
            int append = order.Appends[place];
            if (append >= 0 && !history.IsFailed(history.Owners[append]))
            {
                int aborted = history.Owners[order.Appends[order.FirstAborted]];
                report.Add(
                    TransactionAnomalyKind.DirtyUpdate,
                    $"{history.Keys[key]} became {DependencyText.Of(history.Step(order.LongestRead).Elements)}: {history.History.NameOf(history.Owners[append])} appended behind {history.History.NameOf(aborted)}, which failed.",
                    aborted,
                    history.Owners[append]);
                return;
            }
        }
    }

    // Per version, who read it, before any append of its own, and then appended.
    private void CheckLostUpdates(int key)
    {
        Dictionary<int, List<int>> updates = [];
        ReadOnlySpan<int> steps = history.StepsOfKey(key);
        for (int i = 0; i < steps.Length;)
        {
            int owner = history.Owners[steps[i]];
            int first = steps[i];
            bool appends = false;
            for (; i < steps.Length && history.Owners[steps[i]] == owner; i++)
            {
                appends |= history.Step(steps[i]).Kind == MicroOperationKind.Append;
            }

            if (appends && IsRead(first) && !_keys[key].Misfits.Contains(first))
            {
                int version = history.Step(first).Elements.Length;
                (updates.TryGetValue(version, out List<int>? updaters) ? updaters : updates[version] = []).Add(owner);
            }
        }

        foreach ((int version, List<int> updaters) in updates)
        {
            if (updaters.Count > 1)
            {
                report.Add(
                    TransactionAnomalyKind.LostUpdate,
                    $"{updaters.Count} transactions read {history.Keys[key]} with {version} elements in it, and all of them appended to it.",
                    [.. updaters.Take(8)]);
            }
        }
    }

    private bool IsRead(int step) => history.Step(step).Kind == MicroOperationKind.ReadList && history.IsCommitted(history.Owners[step]);
}
