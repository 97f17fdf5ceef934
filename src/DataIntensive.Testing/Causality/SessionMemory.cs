namespace DataIntensive.Testing;

// The bad patterns of causal memory. For each session, with all that causally precedes its last operation: each of its reads that
// knows of two writes and returns one puts the other before it, and what follows from that counts for the next.
internal sealed class SessionMemory(IndexedCausalHistory history, CausalClocks causality, CausalReport report, CheckBudget budget)
{
    private readonly Dictionary<int, List<int>> _after = [];
    private readonly Queue<int> _changed = [];
    private int[] _past = [];
    private CausalClocks _clocks = CausalClocks.OfNone;

    public void Check()
    {
        for (int session = 0; session < history.Sessions; session++)
        {
            if (history.FirstOf(session) < history.FirstOf(session + 1) && report.Wants(CausalPattern.CyclicHB))
            {
                budget.Spend(history.Count * history.Sessions / 8);
                Check(session);
            }
        }
    }

    private void Check(int session)
    {
        _past = causality[history.FirstOf(session + 1) - 1].ToArray();
        _clocks = causality.Copy();
        _after.Clear();
        AddReaders();
        bool changed = true;
        while (changed)
        {
            changed = false;
            for (int read = history.FirstOf(session); read < history.FirstOf(session + 1); read++)
            {
                if (history.Source[read] is >= 0 and int source && source != read)
                {
                    switch (Order(read, source))
                    {
                        case null:
                            return;
                        case true:
                            changed = true;
                            break;
                    }
                }
            }
        }

        FindInitial(session);
    }

    // Returns whether something was put in order that was not; null when that made a circle.
    private bool? Order(int read, int source)
    {
        bool changed = false;
        foreach (KeyWrites writes in history.WritesOf(history.KeyOf[read]))
        {
            budget.Spend();
            int other = history.LastWrite(writes, _clocks[read][writes.Session]);
            if (other < 0 || other == source || _clocks.Precedes(other, source))
            {
                continue;
            }

            if (_clocks.Precedes(source, other))
            {
                report.Add(
                    CausalPattern.CyclicHB,
                    [history.Describe(other), history.Describe(source), history.Describe(read)],
                    $"{history.Describe(read)} puts {history.Describe(other)} before {history.Describe(source)}, and the session's other reads put it behind.");
                return null;
            }

            Put(other, source);
            changed = true;
        }

        return changed;
    }

    private void Put(int write, int before)
    {
        (_after.TryGetValue(write, out List<int>? after) ? after : _after[write] = []).Add(before);
        Join(before, write);
        while (_changed.TryDequeue(out int operation))
        {
            budget.Spend(history.Sessions);
            if (!history.IsLastOfSession(operation) && IsInPast(operation + 1))
            {
                Join(operation + 1, operation);
            }

            foreach (int next in _after.TryGetValue(operation, out List<int>? later) ? later : [])
            {
                Join(next, operation);
            }
        }
    }

    private void Join(int operation, int earlier)
    {
        if (_clocks.Join(operation, earlier))
        {
            _changed.Enqueue(operation);
        }
    }

    private void AddReaders()
    {
        for (int read = 0; read < history.Count; read++)
        {
            if (history.Source[read] is >= 0 and int source && source != read && IsInPast(read))
            {
                (_after.TryGetValue(source, out List<int>? readers) ? readers : _after[source] = []).Add(read);
            }
        }
    }

    private bool IsInPast(int operation) => history.NumberOf(operation) < _past[history.SessionOf[operation]];

    private void FindInitial(int session)
    {
        for (int read = history.FirstOf(session); read < history.FirstOf(session + 1); read++)
        {
            if (!history[read].ReadsInitial)
            {
                continue;
            }

            foreach (KeyWrites writes in history.WritesOf(history.KeyOf[read]))
            {
                budget.Spend();
                if (_clocks.Precedes(writes.Writes[0], read) && report.Wants(CausalPattern.WriteHBInitRead))
                {
                    report.Add(
                        CausalPattern.WriteHBInitRead,
                        [history.Describe(writes.Writes[0]), history.Describe(read)],
                        $"{history.Describe(read)} found nothing, although by the session's other reads {history.Describe(writes.Writes[0])} comes before it.");
                    break;
                }
            }
        }
    }
}
