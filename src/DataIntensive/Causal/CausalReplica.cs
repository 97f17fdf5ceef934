using System.Diagnostics;

namespace DataIntensive.Causal;

// What readers of a replica see: its keys, its clock, and the updates that others may lack. Updates come in here one after the other,
// each after all that it depends on; who orders them so stands before it. Safe for several threads.
internal sealed class CausalReplica<TKey, TValue>(int maxKeptUpdates)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, CausalSiblings<TValue>> _keys = [];
    private readonly CausalHistory<TKey, TValue> _history = new(maxKeptUpdates);
    private readonly ClockWaiters _waiters = new();
    private VectorClock _clock;

    public VectorClock Clock
    {
        get
        {
            lock (_gate)
            {
                return _clock;
            }
        }
    }

    public int KeyCount
    {
        get
        {
            lock (_gate)
            {
                return _keys.Count;
            }
        }
    }

    public int WaiterCount
    {
        get
        {
            lock (_gate)
            {
                return _waiters.Count;
            }
        }
    }

    public void Apply(CausalUpdate<TKey, TValue> update)
    {
        lock (_gate)
        {
            Debug.Assert(update.Dot.Counter == _clock[update.Dot.Replica] + 1, "An update was applied out of its replica's order.");
            Debug.Assert(_clock.Dominates(update.Dependencies), "An update was applied before what it depends on.");
            CausalSiblings<TValue> siblings = _keys.GetValueOrDefault(update.Key, CausalSiblings<TValue>.None).With(update);
            if (siblings.Dots.Count == 0)
            {
                _keys.Remove(update.Key);
            }
            else
            {
                _keys[update.Key] = siblings;
            }

            _clock = _clock.With(update.Dot);
            _history.Add(update);
            _waiters.Applied(update.Dot, _clock);
        }
    }

    public CausalRead<TValue> Read(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        lock (_gate)
        {
            CausalSiblings<TValue> siblings = _keys.GetValueOrDefault(key, CausalSiblings<TValue>.None);
            return new CausalRead<TValue>(siblings.Values, siblings.Dots, _clock);
        }
    }

    public async ValueTask<CausalRead<TValue>> ReadAsync(TKey key, VectorClock? atLeast, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        await WaitAsync(atLeast ?? default, cancellationToken).ConfigureAwait(false);
        return Read(key);
    }

    public List<CausalUpdate<TKey, TValue>> UpdatesAfter(VectorClock seen, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        lock (_gate)
        {
            return _history.After(seen, limit);
        }
    }

    // Returns when the clock dominates the required one.
    public ValueTask WaitAsync(VectorClock required, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return _clock.Dominates(required) ? ValueTask.CompletedTask : new ValueTask(AwaitAsync(_waiters.Add(_clock, required), cancellationToken));
        }
    }

    public void FailWaiters(Exception failure)
    {
        lock (_gate)
        {
            _waiters.Fail(failure);
        }
    }

    private async Task AwaitAsync(ClockWaiter waiter, CancellationToken cancellationToken)
    {
        try
        {
            await waiter.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Who gives up leaves nothing behind: the write that was waited for may never come.
            if (!waiter.Task.IsCompleted)
            {
                lock (_gate)
                {
                    _waiters.Remove(waiter);
                }
            }
        }
    }
}
