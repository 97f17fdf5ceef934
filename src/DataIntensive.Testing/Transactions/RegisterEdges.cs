namespace DataIntensive.Testing;

// The dependencies over one register. A version is named by the transaction that left it.
internal sealed class RegisterEdges
{
    private readonly IndexedHistory _history;
    private readonly AnomalyReport _report;
    private readonly DependencyGraph _graph;
    private readonly int _key;
    private readonly List<RegisterTouch> _touches;
    private readonly int[] _rank;

    // Per version, who read it from outside; ascending.
    private readonly Dictionary<int, List<int>> _readers = [];

    // Per version, those known to come after it.
    private readonly Dictionary<int, SortedSet<int>> _after = [];
    private bool _isCyclic;

    public RegisterEdges(IndexedHistory history, AnomalyReport report, DependencyGraph graph, int key, List<RegisterTouch> touches, int[] rank)
    {
        _history = history;
        _report = report;
        _graph = graph;
        _key = key;
        _touches = touches;
        _rank = rank;
    }

    public void AddPlain()
    {
        List<int> readersOfInitial = [];
        List<int> writers = [];
        foreach (RegisterTouch touch in _touches)
        {
            if (touch.Writes)
            {
                writers.Add(touch.Transaction);
            }

            if (touch.ReadsInitial)
            {
                readersOfInitial.Add(touch.Transaction);
            }
            else if (IsReadFromAnother(touch))
            {
                _graph.Add(touch.ReadFrom, touch.Transaction, DependencyKind.WriteRead, OrderScope.None, _key);
                (_readers.TryGetValue(touch.ReadFrom, out List<int>? readers) ? readers : _readers[touch.ReadFrom] = []).Add(touch.Transaction);
                AddIntermediate(touch);
                if (touch.Writes)
                {
                    After(touch.ReadFrom).Add(touch.Transaction);
                }
            }
        }

        _graph.AddAntiDependencies(readersOfInitial, writers, OrderScope.None, _key);
        if (FindCycle(_after) is { } cycle)
        {
            ReportCycle(cycle, OrderScope.None, "of what was read before each write");
        }

        AddVersions(_after, OrderScope.None);
    }

    // A process that saw a version sees the same or a later one next.
    public void AddByProcess(OrderScope scope)
    {
        List<(int Before, int After)> pairs = [];
        Dictionary<int, RegisterTouch> last = [];
        foreach (RegisterTouch touch in _touches.OrderBy(touch => _rank[touch.Transaction]))
        {
            if (_history.Records[touch.Transaction].Process is not { } process)
            {
                continue;
            }

            if (last.TryGetValue(process, out RegisterTouch before))
            {
                AddPair(pairs, before, touch);
            }

            if (_history.IsCommitted(touch.Transaction))
            {
                last[process] = touch;
            }
        }

        AddDerived(pairs, [], scope, "of what each process saw in turn");
    }

    // Of two of which one returned before the other was called, the other sees the same version or a later one. Only those that
    // nothing stands between in time are compared: as many as are concurrent.
    public void AddByTime(OrderScope scope)
    {
        List<(int Before, int After)> pairs = [];
        List<(int Before, int After)> writesOnly = [];
        ForPairsInTime(_touches, (before, after) => AddPair(pairs, before, after));
        ForPairsInTime([.. _touches.Where(touch => touch.Writes)], (before, after) => writesOnly.Add((before.Transaction, after.Transaction)));
        AddDerived(pairs, writesOnly, scope, "of what was read and written in real time");
    }

    private bool IsReadFromAnother(RegisterTouch touch) =>
        touch.Reads && touch.ReadFrom >= 0 && touch.ReadFrom != touch.Transaction && _history.HasEffect[touch.ReadFrom];

    // Reading what the writer itself changed again comes before that change.
    private void AddIntermediate(RegisterTouch touch)
    {
        if (_history.Overwritten[_history.WriteOf(_key, touch.Read!.Value)])
        {
            _graph.Add(touch.Transaction, touch.ReadFrom, DependencyKind.ReadWrite, OrderScope.None, _key);
        }
    }

    private SortedSet<int> After(int version) => _after.TryGetValue(version, out SortedSet<int>? after) ? after : _after[version] = [];

    private void AddPair(List<(int Before, int After)> pairs, RegisterTouch before, RegisterTouch after)
    {
        int left = before.Writes ? before.Transaction : before.ReadFrom;
        int right = after.Reads ? after.ReadFrom : after.Transaction;
        if (left >= 0 && right >= 0 && left != right && _history.HasEffect[left] && _history.HasEffect[right])
        {
            pairs.Add((left, right));
        }
    }

    private void ForPairsInTime(List<RegisterTouch> touches, Action<RegisterTouch, RegisterTouch> found)
    {
        PriorityQueue<RegisterTouch, long> running = new();
        List<RegisterTouch> newest = [];
        foreach (RegisterTouch touch in touches.OrderBy(touch => _rank[touch.Transaction]))
        {
            TransactionRecord record = _history.Records[touch.Transaction];
            while (running.TryPeek(out RegisterTouch ended, out long returned) && returned < record.CalledAt)
            {
                running.Dequeue();
                newest.RemoveAll(other => _history.Records[other.Transaction].ReturnedAt < _history.Records[ended.Transaction].CalledAt);
                newest.Add(ended);
            }

            foreach (RegisterTouch before in newest)
            {
                found(before, touch);
            }

            if (_history.IsCommitted(touch.Transaction))
            {
                running.Enqueue(touch, record.ReturnedAt!.Value);
            }
        }
    }

    private void AddDerived(List<(int Before, int After)> pairs, List<(int Before, int After)> fallback, OrderScope scope, string basis)
    {
        Dictionary<int, SortedSet<int>> all = With(pairs);
        if (FindCycle(all) is { } cycle)
        {
            ReportCycle(cycle, scope, basis);
            all = With(fallback);
        }

        AddVersions(all, scope);
    }

    private static Dictionary<int, SortedSet<int>> With(List<(int Before, int After)> pairs)
    {
        Dictionary<int, SortedSet<int>> all = [];
        foreach ((int before, int after) in pairs)
        {
            (all.TryGetValue(before, out SortedSet<int>? set) ? set : all[before] = []).Add(after);
        }

        return all;
    }

    private void AddVersions(Dictionary<int, SortedSet<int>> after, OrderScope scope)
    {
        foreach ((int version, SortedSet<int> later) in after)
        {
            List<int> writers = [.. later];
            foreach (int writer in writers)
            {
                _graph.Add(version, writer, DependencyKind.WriteWrite, scope, _key);
            }

            if (_readers.TryGetValue(version, out List<int>? readers))
            {
                _graph.AddAntiDependencies(readers, writers, scope, _key);
            }
        }
    }

    private List<int>? FindCycle(Dictionary<int, SortedSet<int>> after) => VersionCycle.Find(ReferenceEquals(after, _after) ? [after] : [_after, after]);

    // The wider scopes have the circle too.
    private void ReportCycle(List<int> cycle, OrderScope scope, string basis)
    {
        if (!_isCyclic)
        {
            _isCyclic = true;
            string names = string.Join(", ", cycle.Take(8).Select(_history.History.NameOf));
            _report.Add(
                TransactionAnomalyKind.CyclicVersions,
                scope,
                $"The versions of {_history.Keys[_key]} cannot be put into an order because {basis}: those of {names} come after one another in a circle.",
                [.. cycle.Take(8)]);
        }
    }
}
