namespace DataIntensive.Testing;

// A history with its operations numbered through, session by session, and the writes of each key together.
internal sealed class IndexedCausalHistory
{
    private readonly CausalSession[] _sessions;
    private readonly int[] _first;
    private readonly Dictionary<string, int> _keys = [];
    private readonly List<KeyWrites[]> _writes = [];

    public IndexedCausalHistory(CausalHistory history)
    {
        _sessions = history.All;
        _first = new int[_sessions.Length + 1];
        for (int i = 0; i < _sessions.Length; i++)
        {
            _first[i + 1] = checked(_first[i] + _sessions[i].Steps.Length);
        }

        SessionOf = new int[Count];
        KeyOf = new int[Count];
        Source = new int[Count];
        Dictionary<(int Key, long Value), int> writes = Number();
        for (int i = 0; i < Count; i++)
        {
            CausalOperation operation = this[i];
            Source[i] = operation.IsWrite ? i : writes.GetValueOrDefault((KeyOf[i], operation.Value), -1);
        }
    }

    public int Sessions => _sessions.Length;

    public int Count => _first[^1];

    public int[] SessionOf { get; }

    public int[] KeyOf { get; }

    // Per operation, the write whose value it has: itself for a write, -1 for a read of the initial value, or of none that was written.
    public int[] Source { get; }

    public int Keys => _keys.Count;

    public CausalOperation this[int operation] => _sessions[SessionOf[operation]].Steps[NumberOf(operation)];

    public int FirstOf(int session) => _first[session];

    // From 0, within its session.
    public int NumberOf(int operation) => operation - _first[SessionOf[operation]];

    public bool IsLastOfSession(int operation) => operation + 1 == _first[SessionOf[operation] + 1];

    public ReadOnlySpan<KeyWrites> WritesOf(int key) => _writes[key];

    // The last write of a key by a session among the first so many of its operations; -1 when there is none.
    public int LastWrite(in KeyWrites writes, int among)
    {
        int place = Array.BinarySearch(writes.Writes, _first[writes.Session] + among);
        int before = (place < 0 ? ~place : place) - 1;
        return before < 0 ? -1 : writes.Writes[before];
    }

    public SessionOperation Describe(int operation) => new(_sessions[SessionOf[operation]].Name, NumberOf(operation) + 1, this[operation]);

    private Dictionary<(int Key, long Value), int> Number()
    {
        Dictionary<(int Key, long Value), int> values = [];
        List<Dictionary<int, List<int>>> perKey = [];
        for (int session = 0; session < _sessions.Length; session++)
        {
            for (int operation = _first[session]; operation < _first[session + 1]; operation++)
            {
                SessionOf[operation] = session;
                CausalOperation step = _sessions[session].Steps[operation - _first[session]];
                if (!_keys.TryGetValue(step.Key, out int key))
                {
                    key = _keys.Count;
                    _keys.Add(step.Key, key);
                    perKey.Add([]);
                }

                KeyOf[operation] = key;
                if (step.IsWrite)
                {
                    values.Add((key, step.Value), operation);
                    (perKey[key].TryGetValue(session, out List<int>? writes) ? writes : perKey[key][session] = []).Add(operation);
                }
            }
        }

        foreach (Dictionary<int, List<int>> sessions in perKey)
        {
            _writes.Add([.. sessions.OrderBy(pair => pair.Key).Select(pair => new KeyWrites(pair.Key, [.. pair.Value]))]);
        }

        return values;
    }
}
