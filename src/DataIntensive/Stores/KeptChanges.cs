using System.Runtime.CompilerServices;

namespace DataIntensive.Stores;

// The newest changes of a store without a log, in one order, for its watches. A watch that falls further behind than they reach is told.
internal sealed class KeptChanges<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private readonly StoreChange<TKey, TValue>[] _kept = new StoreChange<TKey, TValue>[capacity];
    private long _count;
    private long _forgottenUpTo;
    private TaskCompletionSource? _advanced;

    // Held from before a change takes its revision until it is kept, so that the changes are kept in the order of their revisions.
    public Lock Gate { get; } = new();

    // Before anybody else knows of this object.
    public void ForgetUpTo(long revision) => _forgottenUpTo = revision;

    public void Keep_NeedsGate(StoreChange<TKey, TValue> change)
    {
        ref StoreChange<TKey, TValue> place = ref _kept[_count % _kept.Length];
        if (_count >= _kept.Length)
        {
            _forgottenUpTo = place.Revision.Value;
        }

        place = change;
        _count++;
        _advanced?.TrySetResult();
        _advanced = null;
    }

    public async IAsyncEnumerable<StoreChange<TKey, TValue>> WatchAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryTake(after, out StoreChange<TKey, TValue> change) is { } advanced)
            {
                await advanced.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            after = change.Revision.Value;
            yield return change;
        }
    }

    // The first change behind a revision; when there is none yet, what completes with the next one.
    private Task? TryTake(long after, out StoreChange<TKey, TValue> change)
    {
        lock (Gate)
        {
            if (after < _forgottenUpTo)
            {
                throw new LogHistoryGoneException(new LogPosition(after), new LogPosition(_forgottenUpTo));
            }

            long index = FirstBehind_NeedsGate(after);
            if (index < _count)
            {
                change = _kept[index % _kept.Length];
                return null;
            }

            change = default;
            _advanced ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _advanced.Task;
        }
    }

    private long FirstBehind_NeedsGate(long revision)
    {
        long low = Math.Max(0, _count - _kept.Length);
        long high = _count;
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            if (_kept[middle % _kept.Length].Revision.Value <= revision)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
