namespace DataIntensive.Testing;

// The search of Wing and Gong with Lowe's list and memory of configurations: take an operation that was called before anything left
// has returned, let it take effect, take it out of the list, go on; when nothing fits, put the last one back and try the next.
// Operations that need not take effect are tried last, and only where they change the state.
internal sealed class LinearizabilitySearch
{
    private const int ChecksEvery = 256;
    private const int MostBlockedStates = 16;

    // In a frame, in place of a group: a strict operation that had alternatives, and one that had none.
    private const int AnyChoice = -1;
    private const int OnlyChoice = -2;

    private readonly SearchProblem _problem;
    private readonly CheckBudget _budget;
    private readonly int _maxConfigurations;
    private readonly ConfigurationSet _visited;
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly int[] _returnEntry;
    private readonly ulong[] _strictBits;
    private readonly ulong[] _optionalBits;
    private readonly int[] _used;
    private readonly Predicate<int> _isTaken;
    private readonly List<Frame> _stack = [];
    private int _state = StateTable.Initial;

    // The strict bits below the first of these words are all ones, those above the second all zeroes.
    private int _first;
    private int _top = -1;
    private int _sinceCheck;
    private SearchEnd? _stopped;

    public LinearizabilitySearch(SearchProblem problem, CheckBudget budget, int maxConfigurations)
    {
        _problem = problem;
        _budget = budget;
        _maxConfigurations = maxConfigurations;
        int entries = problem.EntryOperation.Length;
        _next = [.. Enumerable.Range(1, entries)];
        _previous = [.. Enumerable.Range(-1, entries + 1)];
        _returnEntry = new int[problem.Strict.Length];
        for (int entry = 1; entry < entries; entry++)
        {
            if (!problem.EntryIsCall[entry])
            {
                _returnEntry[problem.EntryOperation[entry]] = entry;
            }
        }


        // One word more than needed, so that there is always one that is not all ones.
        _strictBits = new ulong[(problem.Strict.Length / 64) + 1];
        _optionalBits = new ulong[(problem.Optional.Length + 63) / 64];
        _used = new int[problem.GroupClass.Length];
        _isTaken = IsTaken;
        _visited = new ConfigurationSet(_optionalBits.Length, budget.MaxMemoryBytes);
    }

    public StateTable Table => _problem.Table;

    public int Configurations => _visited.Count;

    public long Bytes => _visited.Bytes + _problem.Table.Bytes;

    // The order that was found; otherwise one that satisfies all returns before the blocked one.
    public List<SearchStep> Order { get; } = [];

    // The operation before whose return every order was given up; looking ahead may have done so earlier than needed.
    public int Blocked { get; private set; } = -1;

    // States in which those orders end, the first few.
    public List<int> BlockedStates { get; } = [];

    public SearchEnd Run()
    {
        int left = _problem.Strict.Length;
        Cursor cursor = Fresh();
        while (left > 0)
        {
            if (TryLook(ref cursor) || (!cursor.IsSpent && TryStrict(ref cursor)))
            {
                left--;
            }
            else if (_stopped is null && (cursor.IsSpent || !TryOptional(ref cursor)))
            {
                if (!cursor.IsSpent)
                {
                    NoteBlocked(cursor.Entry);
                }

                do
                {
                    if (_stack.Count == 0)
                    {
                        return _stopped ?? SearchEnd.NotThere;
                    }

                    left += StepBack(out cursor);
                }
                while (cursor.IsSpent);
            }

            if (_stopped is { } stopped)
            {
                return stopped;
            }
        }

        CopyOrder();
        return SearchEnd.Found;
    }

    // What only looks, and may do so now, does it now: whatever order has it later has one in which it comes now.
    private bool TryLook(ref Cursor cursor)
    {
        if (!cursor.IsFresh)
        {
            return false;
        }

        for (int entry = cursor.Entry; _problem.EntryIsCall[entry]; entry = _next[entry])
        {
            int operation = _problem.EntryOperation[entry];
            if (_problem.OnlyLooks[operation] && _problem.StepStrict(_state, operation, 0) == _state)
            {
                if (TryTake(entry, new Frame(entry, OnlyChoice, 0, _state, _first, _top), _state))
                {
                    cursor = Fresh();
                    return true;
                }

                // It was here before, or is lost; either way nothing else needs trying.
                cursor = cursor with { Group = Cursor.Spent };
                return false;
            }
        }

        return false;
    }

    // Goes on from the cursor to the first return; every call before it may be next.
    private bool TryStrict(ref Cursor cursor)
    {
        for (; _problem.EntryIsCall[cursor.Entry]; cursor = new Cursor(_next[cursor.Entry], 0, 0))
        {
            int operation = _problem.EntryOperation[cursor.Entry];
            for (int nth = cursor.Nth; _problem.StepStrict(_state, operation, nth) is var after and >= 0; nth++)
            {
                if (TryTake(cursor.Entry, new Frame(cursor.Entry, AnyChoice, nth, _state, _first, _top), after))
                {
                    cursor = Fresh();
                    return true;
                }

                if (_stopped is not null)
                {
                    return false;
                }
            }
        }

        return false;
    }

    private bool TryTake(int entry, Frame frame, int after)
    {
        int operation = _problem.EntryOperation[entry];
        _strictBits[operation >> 6] |= 1UL << operation;
        _top = Math.Max(_top, operation >> 6);
        _state = after;
        Lift(entry, _returnEntry[operation]);
        _stack.Add(frame);
        if (IsNew())
        {
            return true;
        }

        StepBack(out _);
        return false;
    }

    private bool TryOptional(ref Cursor cursor)
    {
        long firstReturn = _problem.Strict[_problem.EntryOperation[cursor.Entry]].ReturnedAt;
        for (; cursor.Group < _used.Length; cursor = new Cursor(cursor.Entry, cursor.Group + 1, 0))
        {
            int index = _problem.GroupStart[cursor.Group] + _used[cursor.Group];
            if (index == _problem.GroupStart[cursor.Group + 1] || _problem.Optional[index].CalledAt > firstReturn)
            {
                continue;
            }

            for (int nth = cursor.Nth; _problem.Table.Step(_state, _problem.GroupClass[cursor.Group], nth) is var after and >= 0; nth++)
            {
                // One without an effect is as good as one that never took effect.
                if (after == _state)
                {
                    continue;
                }

                _stack.Add(new Frame(cursor.Entry, cursor.Group, nth, _state, _first, _top));
                _optionalBits[index >> 6] |= 1UL << index;
                _used[cursor.Group]++;
                _state = after;
                if (IsNew())
                {
                    cursor = Fresh();
                    return true;
                }

                StepBack(out _);
                if (_stopped is not null)
                {
                    return false;
                }
            }
        }

        return false;
    }

    private bool IsNew()
    {
        while (_strictBits[_first] == ulong.MaxValue)
        {
            _first++;
        }

        int words = Math.Max(0, _top + 1 - _first);
        bool isNew = !IsLost() && _visited.Add(_state, _first, _strictBits.AsSpan(_first, words), _optionalBits);
        if (++_sinceCheck >= ChecksEvery || _visited.IsFull)
        {
            _sinceCheck = 0;
            _stopped = _visited.IsFull || Bytes > _budget.MaxMemoryBytes ? SearchEnd.OutOfMemory
                : _visited.Count >= _maxConfigurations ? SearchEnd.OutOfConfigurations
                : _budget.IsOutOfTime() ? SearchEnd.OutOfTime
                : null;
        }

        return isNew && _stopped is null;
    }

    // Whether an operation that is open, or the next demanding one to come, can no longer have its result.
    private bool IsLost()
    {
        int entry = _next[SearchProblem.Head];
        for (; entry < _problem.EntryOperation.Length && _problem.EntryIsCall[entry]; entry = _next[entry])
        {
            if (IsLost(_problem.EntryOperation[entry]))
            {
                return true;
            }
        }

        int ahead = _problem.NextDemanding[entry];
        while (ahead >= 0 && IsTaken(_problem.EntryOperation[ahead]))
        {
            ahead = _problem.NextDemanding[ahead + 1];
        }

        return ahead >= 0 && IsLost(_problem.EntryOperation[ahead]);
    }

    private bool IsLost(int operation) =>
        _problem.Writers[operation] is { } writers && !_problem.Table.MayLeadTo(_state, _problem.Strict[operation]) && Array.TrueForAll(writers, _isTaken);

    private bool IsTaken(int operation) => (_strictBits[operation >> 6] & (1UL << operation)) != 0;

    // Undoes the newest step and sets the cursor behind it. Returns how many strict operations are left again.
    private int StepBack(out Cursor cursor)
    {
        Frame frame = _stack[^1];
        _stack.RemoveAt(_stack.Count - 1);
        _state = frame.State;
        if (frame.Group >= 0)
        {
            int index = _problem.GroupStart[frame.Group] + --_used[frame.Group];
            _optionalBits[index >> 6] &= ~(1UL << index);
            cursor = new Cursor(frame.Entry, frame.Group, frame.Nth + 1);
            return 0;
        }

        int operation = _problem.EntryOperation[frame.Entry];
        _strictBits[operation >> 6] &= ~(1UL << operation);
        (_first, _top) = (frame.First, frame.Top);
        PutBack(frame.Entry, _returnEntry[operation]);
        cursor = frame.Group == OnlyChoice ? new Cursor(frame.Entry, Cursor.Spent, 0) : new Cursor(frame.Entry, 0, frame.Nth + 1);
        return 1;
    }

    private void NoteBlocked(int entry)
    {
        int operation = _problem.EntryOperation[entry];
        if (operation > Blocked)
        {
            Blocked = operation;
            BlockedStates.Clear();
            CopyOrder();
        }

        if (operation == Blocked && BlockedStates.Count < MostBlockedStates && !BlockedStates.Contains(_state))
        {
            BlockedStates.Add(_state);
        }
    }

    private void CopyOrder()
    {
        Order.Clear();
        int[] taken = new int[_used.Length];
        for (int i = 0; i < _stack.Count; i++)
        {
            Frame frame = _stack[i];
            HistoryOperation operation = frame.Group < 0
                ? _problem.Strict[_problem.EntryOperation[frame.Entry]]
                : _problem.Optional[_problem.GroupStart[frame.Group] + taken[frame.Group]++];
            Order.Add(new SearchStep(operation, frame.State, i + 1 < _stack.Count ? _stack[i + 1].State : _state));
        }
    }

    private void Lift(int call, int end)
    {
        Unlink(call);
        Unlink(end);
    }

    private Cursor Fresh() => new(_next[SearchProblem.Head], 0, 0, IsFresh: true);

    // In the reverse order of taking out, so that each finds its neighbours as it left them.
    private void PutBack(int call, int end)
    {
        Relink(end);
        Relink(call);
    }

    private void Unlink(int entry)
    {
        _next[_previous[entry]] = _next[entry];
        _previous[_next[entry]] = _previous[entry];
    }

    private void Relink(int entry)
    {
        _next[_previous[entry]] = entry;
        _previous[_next[entry]] = entry;
    }

    // Where to try next: an entry of the list, or, once that is a return, a group of optional operations; and which of several outcomes.
    private readonly record struct Cursor(int Entry, int Group, int Nth, bool IsFresh = false)
    {
        public const int Spent = int.MaxValue;

        public bool IsSpent => Group == Spent;
    }

    // The group is that of an optional operation; below zero it is a strict one.
    private readonly record struct Frame(int Entry, int Group, int Nth, int State, int First, int Top);
}
