namespace DataIntensive.Causal;

// The newest applied updates, in the order of application, in which causes come before effects. Belongs under its owner's lock.
internal sealed class CausalHistory<TKey, TValue>(int limit)
    where TKey : notnull
{
    private readonly CausalRing<CausalUpdate<TKey, TValue>> _updates = new();

    // Of each replica: where its updates stand among all. Counters have no gaps, so counter n has the number n - 1 here.
    private readonly SortedDictionary<ReplicaId, CausalRing<long>> _byOrigin = [];
    private VectorClock _forgotten;

    public void Add(CausalUpdate<TKey, TValue> update)
    {
        if (_updates.End - _updates.First == limit)
        {
            Dot oldest = _updates.RemoveFirst().Dot;
            _byOrigin[oldest.Replica].RemoveFirst();
            _forgotten = _forgotten.With(oldest);
        }

        if (!_byOrigin.TryGetValue(update.Dot.Replica, out CausalRing<long>? origin))
        {
            _byOrigin.Add(update.Dot.Replica, origin = new CausalRing<long>());
        }

        origin.Add(_updates.End);
        _updates.Add(update);
    }

    public List<CausalUpdate<TKey, TValue>> After(VectorClock seen, int count)
    {
        if (!seen.Dominates(_forgotten))
        {
            throw new CausalHistoryGoneException(seen, _forgotten);
        }

        // One cursor per replica with something to give; the one that was applied first goes first.
        PriorityQueue<(CausalRing<long> Origin, long Number), long> next = new();
        foreach ((ReplicaId replica, CausalRing<long> origin) in _byOrigin)
        {
            Enqueue(origin, seen[replica]);
        }

        List<CausalUpdate<TKey, TValue>> updates = [];
        while (updates.Count < count && next.TryDequeue(out (CausalRing<long> Origin, long Number) cursor, out long place))
        {
            updates.Add(_updates[place]);
            Enqueue(cursor.Origin, cursor.Number + 1);
        }

        return updates;

        void Enqueue(CausalRing<long> origin, long number)
        {
            if (number < origin.End)
            {
                next.Enqueue((origin, number), origin[number]);
            }
        }
    }
}
