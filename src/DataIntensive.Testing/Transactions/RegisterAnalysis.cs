namespace DataIntensive.Testing;

// Histories of registers. What a read shows is the version of one writer; which version came after which is inferred: everything
// after the initial state, a transaction's write after what it read before, and by the orders of processes and of time where these
// may be used.
internal sealed class RegisterAnalysis(IndexedHistory history, AnomalyReport report, CheckBudget budget)
{
    public void MarkReads()
    {
        for (int step = 0; step < history.KeyOf.Length; step++)
        {
            if (IsRead(step) && WriteOf(step) is >= 0 and int write && !history.IsFailed(history.Owners[write]))
            {
                history.HasEffect[history.Owners[write]] = true;
            }
        }
    }

    public void CheckReads()
    {
        for (int step = 0; step < history.KeyOf.Length; step++)
        {
            budget.Spend();
            if (IsRead(step) && history.Step(step).Value is not null)
            {
                CheckRead(step);
            }
        }

        for (int key = 0; key < history.Keys.Length; key++)
        {
            CheckLostUpdates(key);
        }
    }

    public void AddEdges(DependencyGraph graph, OrderScope scope, TransactionCheckOptions options)
    {
        int[] calls = OrderEdges.InOrderOfCalls(history);
        int[] rank = new int[history.Count];
        for (int i = 0; i < calls.Length; i++)
        {
            rank[calls[i]] = i;
        }

        for (int key = 0; key < history.Keys.Length; key++)
        {
            budget.Spend(history.StepsOfKey(key).Length);
            RegisterEdges edges = new(history, report, graph, key, TouchesOf(key), rank);
            edges.AddPlain();
            if (options.KeysAreSequential || scope >= OrderScope.Process)
            {
                edges.AddByProcess(options.KeysAreSequential ? OrderScope.None : OrderScope.Process);
            }

            if (history.History.HasTimes && (options.KeysAreLinearizable || scope >= OrderScope.Realtime))
            {
                edges.AddByTime(options.KeysAreLinearizable ? OrderScope.None : OrderScope.Realtime);
            }
        }
    }

    private void CheckRead(int read)
    {
        int reader = history.Owners[read];
        int write = WriteOf(read);
        string what = $"{history.History.NameOf(reader)} read {history.Keys[history.KeyOf[read]]} = {history.Step(read).Value}";
        if (write < 0)
        {
            report.Add(TransactionAnomalyKind.GarbageRead, $"{what}, which nobody wrote.", reader);
            return;
        }

        int writer = history.Owners[write];
        if (history.IsFailed(writer))
        {
            report.Add(TransactionAnomalyKind.G1a, $"{what}, which {history.History.NameOf(writer)} wrote and took back.", reader, writer);
        }
        else if (writer != reader && history.Overwritten[write])
        {
            report.Add(TransactionAnomalyKind.G1b, $"{what}, which {history.History.NameOf(writer)} wrote and then changed.", reader, writer);
        }
    }

    private void CheckLostUpdates(int key)
    {
        Dictionary<long, List<int>> updates = [];
        List<int> initial = [];
        foreach (RegisterTouch touch in TouchesOf(key))
        {
            if (touch is { Reads: true, Writes: true })
            {
                List<int> updaters = touch.Read is not { } version ? initial
                    : updates.TryGetValue(version, out List<int>? known) ? known
                    : updates[version] = [];
                updaters.Add(touch.Transaction);
            }
        }

        foreach (List<int> updaters in updates.Values.Append(initial))
        {
            if (updaters.Count > 1)
            {
                report.Add(
                    TransactionAnomalyKind.LostUpdate,
                    $"{updaters.Count} transactions read the same version of {history.Keys[key]}, and all of them wrote it.",
                    [.. updaters.Take(8)]);
            }
        }
    }

    // What each transaction that took effect first read of the key, before any write of its own, and whether it wrote it.
    private List<RegisterTouch> TouchesOf(int key)
    {
        List<RegisterTouch> touches = [];
        ReadOnlySpan<int> steps = history.StepsOfKey(key);
        for (int i = 0; i < steps.Length;)
        {
            int owner = history.Owners[steps[i]];
            (bool reads, bool writes, long? read, int readFrom) = (false, false, null, -1);
            for (; i < steps.Length && history.Owners[steps[i]] == owner; i++)
            {
                if (!reads && !writes && IsRead(steps[i]))
                {
                    (reads, read, readFrom) = (true, history.Step(steps[i]).Value, WriteOf(steps[i]));
                }

                writes |= history.Step(steps[i]).Kind == MicroOperationKind.Write;
            }

            if (history.HasEffect[owner] && (reads || writes))
            {
                touches.Add(new RegisterTouch(owner, reads, writes, read, readFrom < 0 ? -1 : history.Owners[readFrom]));
            }
        }

        return touches;
    }

    private int WriteOf(int read) => history.Step(read).Value is { } value ? history.WriteOf(history.KeyOf[read], value) : -1;

    private bool IsRead(int step) => history.Step(step).Kind == MicroOperationKind.ReadValue && history.IsCommitted(history.Owners[step]);
}
