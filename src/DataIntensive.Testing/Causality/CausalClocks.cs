namespace DataIntensive.Testing;

// Per operation and session, how many of the session's operations causally precede it, itself among them: a vector clock.
internal sealed class CausalClocks
{
    private readonly IndexedCausalHistory _history;
    private readonly int[] _clocks;

    private CausalClocks(IndexedCausalHistory history)
    {
        _history = history;
        _clocks = new int[history.Count * history.Sessions];
    }

    public static CausalClocks OfNone { get; } = new(new IndexedCausalHistory(CausalHistory.Of()));

    // Null when causality is a circle.
    public static CausalClocks? Of(IndexedCausalHistory history, CheckBudget budget)
    {
        CausalClocks clocks = new(history);
        int[] next = new int[history.Sessions];
        bool[] done = new bool[history.Count];
        Dictionary<int, List<int>> waiting = [];
        Queue<int> ready = new(Enumerable.Range(0, history.Sessions));
        int count = 0;
        while (ready.TryDequeue(out int session))
        {
            for (int operation = history.FirstOf(session) + next[session]; operation < history.FirstOf(session + 1); operation++)
            {
                budget.Spend(history.Sessions);
                int source = history.Source[operation];
                if (source >= 0 && source != operation && !done[source])
                {
                    (waiting.TryGetValue(source, out List<int>? sessions) ? sessions : waiting[source] = []).Add(session);
                    break;
                }

                clocks.Set(operation, source);
                done[operation] = true;
                next[session]++;
                count++;
                foreach (int other in waiting.Remove(operation, out List<int>? freed) ? freed : [])
                {
                    ready.Enqueue(other);
                }
            }
        }

        return count == history.Count ? clocks : null;
    }

    // Without reads between sessions, for when these make a circle.
    public static CausalClocks OfSessionsOnly(IndexedCausalHistory history)
    {
        CausalClocks clocks = new(history);
        for (int operation = 0; operation < history.Count; operation++)
        {
            clocks._clocks[(operation * history.Sessions) + history.SessionOf[operation]] = history.NumberOf(operation) + 1;
        }

        return clocks;
    }

    public CausalClocks Copy()
    {
        CausalClocks copy = new(_history);
        _clocks.CopyTo(copy._clocks, 0);
        return copy;
    }

    public Span<int> this[int operation] => _clocks.AsSpan(operation * _history.Sessions, _history.Sessions);

    // Or the same.
    public bool Precedes(int operation, int other) => this[other][_history.SessionOf[operation]] > _history.NumberOf(operation);

    // Returns whether that was news.
    public bool Join(int operation, int earlier)
    {
        Span<int> clock = this[operation];
        ReadOnlySpan<int> other = this[earlier];
        bool changed = false;
        for (int i = 0; i < clock.Length; i++)
        {
            if (other[i] > clock[i])
            {
                clock[i] = other[i];
                changed = true;
            }
        }

        return changed;
    }

    private void Set(int operation, int source)
    {
        if (_history.NumberOf(operation) > 0)
        {
            Join(operation, operation - 1);
        }

        if (source >= 0 && source != operation)
        {
            Join(operation, source);
        }

        this[operation][_history.SessionOf[operation]] = _history.NumberOf(operation) + 1;
    }
}
