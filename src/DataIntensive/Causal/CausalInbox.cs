namespace DataIntensive.Causal;

// Received updates that wait for what they depend on. It decides what may be applied next and in which order; belongs under the lock
// that orders its replica's writes.
internal sealed class CausalInbox<TKey, TValue>(ReplicaId replica, int maxBuffered)
    where TKey : notnull
{
    private readonly SortedDictionary<ReplicaId, Dictionary<long, CausalUpdate<TKey, TValue>>> _buffered = [];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    // Nobody but this replica makes its writes, and all that it made it knows.
    public void ThrowIfIdReused(VectorClock clock, IReadOnlyList<CausalUpdate<TKey, TValue>> arrived)
    {
        long own = clock[replica];
        foreach (CausalUpdate<TKey, TValue> update in arrived)
        {
            ArgumentNullException.ThrowIfNull(update);
            long known = Math.Max(update.Dependencies[replica], update.Dot.Replica == replica ? update.Dot.Counter : 0);
            if (known > own)
            {
                throw new ReplicaIdReusedException(new Dot(replica, known), own);
            }
        }
    }

    // What of the buffered and the arrived updates can be applied on top of the clock, in order. Changes nothing: the caller may fail.
    public List<CausalUpdate<TKey, TValue>> Applicable(VectorClock clock, IReadOnlyList<CausalUpdate<TKey, TValue>> arrived)
    {
        Dictionary<Dot, CausalUpdate<TKey, TValue>> fresh = [];
        SortedSet<ReplicaId> origins = [.. _buffered.Keys];
        foreach (CausalUpdate<TKey, TValue> update in arrived)
        {
            if (!clock.Contains(update.Dot) && fresh.TryAdd(update.Dot, update))
            {
                origins.Add(update.Dot.Replica);
            }
        }

        // Of each replica only its next write can be applied; whatever is applied may free the next one of any replica.
        List<CausalUpdate<TKey, TValue>> applicable = [];
        int before;
        do
        {
            before = applicable.Count;
            foreach (ReplicaId origin in origins)
            {
                while (Next(origin) is { } update && clock.Dominates(update.Dependencies))
                {
                    applicable.Add(update);
                    clock = clock.With(update.Dot);
                }
            }
        }
        while (applicable.Count > before);
        return applicable;

        CausalUpdate<TKey, TValue>? Next(ReplicaId origin)
        {
            Dot next = new(origin, clock[origin] + 1);
            return _buffered.TryGetValue(origin, out Dictionary<long, CausalUpdate<TKey, TValue>>? waiting) && waiting.TryGetValue(next.Counter, out CausalUpdate<TKey, TValue>? update)
                ? update
                : fresh.GetValueOrDefault(next);
        }
    }

    // Takes in what neither was applied nor waits already: all of it, or nothing.
    public void Buffer(VectorClock clock, IReadOnlyList<CausalUpdate<TKey, TValue>> arrived)
    {
        Dictionary<Dot, CausalUpdate<TKey, TValue>> fresh = [];
        foreach (CausalUpdate<TKey, TValue> update in arrived)
        {
            if (!clock.Contains(update.Dot) && !IsBuffered(update.Dot))
            {
                fresh.TryAdd(update.Dot, update);
            }
        }

        if (_count + fresh.Count > maxBuffered)
        {
            throw new CausalBufferFullException(maxBuffered, _count, fresh.Count);
        }

        foreach (CausalUpdate<TKey, TValue> update in fresh.Values)
        {
            if (!_buffered.TryGetValue(update.Dot.Replica, out Dictionary<long, CausalUpdate<TKey, TValue>>? waiting))
            {
                _buffered.Add(update.Dot.Replica, waiting = []);
            }

            waiting.Add(update.Dot.Counter, update);
        }

        Volatile.Write(ref _count, _count + fresh.Count);
    }

    public void Applied(Dot dot)
    {
        if (_buffered.TryGetValue(dot.Replica, out Dictionary<long, CausalUpdate<TKey, TValue>>? waiting) && waiting.Remove(dot.Counter))
        {
            Volatile.Write(ref _count, _count - 1);
            if (waiting.Count == 0)
            {
                _buffered.Remove(dot.Replica);
            }
        }
    }

    private bool IsBuffered(Dot dot) =>
        _buffered.TryGetValue(dot.Replica, out Dictionary<long, CausalUpdate<TKey, TValue>>? waiting) && waiting.ContainsKey(dot.Counter);
}
