namespace DataIntensive.Testing;

// The search of Wing and Gong with Lowe's list and memory of configurations: take an operation that was called before anything left
// has returned, let it take effect, take it out of the list, go on; when nothing fits, put the last one back and try the next.
// Operations that need not take effect are tried last, and only where they change the state.
internal sealed class LinearizabilitySearch
{
    private const int ChecksEvery = 256;
    private const int MostBlockedStates = 16;

    private readonly SearchProblem _problem;
    private readonly SearchBudget _budget;
    private readonly int _maxConfigurations;
    private readonly ConfigurationSet _visited;
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly int[] _returnEntry;
    private readonly ulong[] _strictBits;
    private readonly ulong[] _optionalBits;
    private readonly int[] _used;
    private readonly List<Frame> _stack = [];
    private int _state = StateTable.Initial;

    // The strict bits below the first of these words are all ones, those above the second all zeroes.
    private int _first;
    private int _top = -1;
    private int _sinceCheck;
    private SearchEnd? _stopped;

    public LinearizabilitySearch(SearchProblem problem, SearchBudget budget, int maxConfigurations)
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
        _visited = new ConfigurationSet(_optionalBits.Length, budget.MaxMemoryBytes);
    }

    public int Configurations => _visited.Count;

    public long Bytes => _visited.Bytes + _problem.Table.Bytes;

    // The order that was found; otherwise the longest order that satisfies all returns before the blocked one.
    public List<SearchStep> Order { get; } = [];

    // The operation before whose return every order ends; -1 when there is none.
    public int Blocked { get; private set; } = -1;

    // States in which those orders end, the first few.
    public List<int> BlockedStates { get; } = [];

    public SearchEnd Run()
    {
        int left = _problem.Strict.Length;
        Cursor cursor = new(_next[SearchProblem.Head], 0, 0);
        while (left > 0)
        {
            if (TryStrict(ref cursor))
            {
                left--;
            }
            else if (_stopped is null && !TryOptional(ref cursor))
            {
                NoteBlocked(cursor.Entry);
                if (_stack.Count == 0)
                {
                    return _stopped ?? SearchEnd.NotThere;
                }

                left += StepBack(out cursor);
            }

            if (_stopped is { } stopped)
            {
                return stopped;
            }
        }

        CopyOrder();
        return SearchEnd.Found;
    }

    // Goes on from the cursor to the first return; every call before it may be next.
    private bool TryStrict(ref Cursor cursor)
    {
        for (; _problem.EntryIsCall[cursor.Entry]; cursor = new Cursor(_next[cursor.Entry], 0, 0))
        {
            int operation = _problem.EntryOperation[cursor.Entry];
            ref ulong word = ref _strictBits[operation >> 6];
            ulong bit = 1UL << operation;
            for (int nth = cursor.Nth; _problem.StepStrict(_state, operation, nth) is var after and >= 0; nth++)
            {
                (int first, int top) = (_first, _top);
                word |= bit;
                _top = Math.Max(_top, operation >> 6);
                if (IsNew(after))
                {
                    _stack.Add(new Frame(cursor.Entry, -1, nth, _state, first, top));
                    _state = after;
                    Lift(cursor.Entry, _returnEntry[operation]);
                    cursor = new Cursor(_next[SearchProblem.Head], 0, 0);
                    return true;
                }

                word &= ~bit;
                (_first, _top) = (first, top);
                if (_stopped is not null)
                {
                    return false;
                }
            }
        }

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

                _optionalBits[index >> 6] |= 1UL << index;
                if (IsNew(after))
                {
                    _stack.Add(new Frame(cursor.Entry, cursor.Group, nth, _state, _first, _top));
                    _state = after;
                    _used[cursor.Group]++;
                    cursor = new Cursor(_next[SearchProblem.Head], 0, 0);
                    return true;
                }

                _optionalBits[index >> 6] &= ~(1UL << index);
                if (_stopped is not null)
                {
                    return false;
                }
            }
        }

        return false;
    }

    private bool IsNew(int state)
    {
        while (_strictBits[_first] == ulong.MaxValue)
        {
            _first++;
        }

        int words = Math.Max(0, _top + 1 - _first);
        bool isNew = _visited.Add(state, _first, _strictBits.AsSpan(_first, words), _optionalBits);
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
        cursor = new Cursor(frame.Entry, 0, frame.Nth + 1);
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
    private readonly record struct Cursor(int Entry, int Group, int Nth);

    private readonly record struct Frame(int Entry, int Group, int Nth, int State, int First, int Top);
}
