using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace DataIntensive.Consumers;

// Hands items out to whoever takes one, those of one key one after the other in the order in which they came, and knows up to which one
// all are done. There is a lane for every key that has items, and no hash that spreads keys: a slow key holds up no other, until there is
// no room. Holds at most so many items, from the oldest that is not done on.
[SuppressMessage("Design", "CA1001", Justification = "Its semaphore has no wait handle, and so holds nothing.")]
internal sealed class Lanes<T>(int capacity)
    where T : LaneItem
{
    private readonly Lock _gate = new();
    private readonly Queue<T> _open = new();
    private readonly Dictionary<string, T> _lastOfKey = new(StringComparer.Ordinal);
    private readonly Channel<T> _ready = Channel.CreateUnbounded<T>();
    private readonly SemaphoreSlim _room = new(capacity);
    private readonly List<TaskCompletionSource> _emptied = [];

    // Waits for room.
    public async ValueTask AddAsync(T item, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            _open.Enqueue(item);
            if (_lastOfKey.TryGetValue(item.Key, out T? last))
            {
                last.Next = item;
            }
            else
            {
                _ready.Writer.TryWrite(item);
            }

            _lastOfKey[item.Key] = item;
        }
    }

    public ValueTask<T> TakeAsync(CancellationToken cancellationToken) => _ready.Reader.ReadAsync(cancellationToken);

    // Of one that was taken: somebody takes it again, before what is behind it.
    public void Again(T item) => _ready.Writer.TryWrite(item);

    // Of one that was taken.
    public void Done(T item)
    {
        lock (_gate)
        {
            item.IsDone = true;
            if (item.Next is T next)
            {
                _ready.Writer.TryWrite(next);
            }
            else
            {
                _lastOfKey.Remove(item.Key);
            }
        }
    }

    // Lets go of all before the oldest that is not done, which makes room. True when nothing is left.
    public bool Pass(List<T> passed)
    {
        int count = 0;
        bool isEmpty;
        lock (_gate)
        {
            while (_open.TryPeek(out T? oldest) && oldest.IsDone)
            {
                passed.Add(_open.Dequeue());
                count++;
            }

            isEmpty = _open.Count == 0;
            if (isEmpty)
            {
                _emptied.ForEach(static waiter => waiter.TrySetResult());
                _emptied.Clear();
            }
        }

        if (count > 0)
        {
            _room.Release(count);
        }

        return isEmpty;
    }

    // What is done, and not passed because an older one is not.
    public List<T> Ahead()
    {
        lock (_gate)
        {
            return [.. _open.Where(static item => item.IsDone)];
        }
    }

    public Task WhenEmptyAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_open.Count == 0)
            {
                return Task.CompletedTask;
            }

            _emptied.Add(waiter);
        }

        return waiter.Task.WaitAsync(cancellationToken);
    }
}
