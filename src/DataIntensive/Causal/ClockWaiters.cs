namespace DataIntensive.Causal;

// Who waits for a replica to see more. Each waits for one missing write at a time, so that an applied update wakes only those whom
// it concerns. Belongs under its owner's lock.
internal sealed class ClockWaiters
{
    private readonly Dictionary<Dot, List<ClockWaiter>> _byMissing = [];
    private Exception? _failure;

    public int Count { get; private set; }

    public ClockWaiter Add(VectorClock clock, VectorClock required)
    {
        ClockWaiter waiter = new(required);
        if (_failure is not null)
        {
            waiter.SetException(_failure);
        }
        else
        {
            Place(waiter, clock);
        }

        return waiter;
    }

    public void Applied(Dot dot, VectorClock clock)
    {
        if (_byMissing.Remove(dot, out List<ClockWaiter>? waiting))
        {
            Count -= waiting.Count;
            foreach (ClockWaiter waiter in waiting)
            {
                Place(waiter, clock);
            }
        }
    }

    public void Remove(ClockWaiter waiter)
    {
        if (_byMissing.TryGetValue(waiter.Missing, out List<ClockWaiter>? waiting) && waiting.Remove(waiter))
        {
            Count--;
            if (waiting.Count == 0)
            {
                _byMissing.Remove(waiter.Missing);
            }
        }
    }

    // Nothing more will be applied: who waits gets the failure, and who comes to wait.
    public void Fail(Exception failure)
    {
        _failure = failure;
        foreach (ClockWaiter waiter in _byMissing.Values.SelectMany(waiting => waiting))
        {
            waiter.TrySetException(failure);
        }

        _byMissing.Clear();
        Count = 0;
    }

    private void Place(ClockWaiter waiter, VectorClock clock)
    {
        if (clock.FirstMissing(waiter.Required) is not { } missing)
        {
            waiter.TrySetResult();
            return;
        }

        waiter.Missing = missing;
        if (!_byMissing.TryGetValue(missing, out List<ClockWaiter>? waiting))
        {
            _byMissing.Add(missing, waiting = []);
        }

        waiting.Add(waiter);
        Count++;
    }
}
