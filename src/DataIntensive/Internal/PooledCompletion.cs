using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;

namespace DataIntensive.Internal;

// A result that one side produces and one caller awaits, without an allocation per use. The object goes back to its pool when
// both sides are done with it, so a caller that stops waiting early cannot be handed somebody else's result.
internal abstract class PooledCompletion<TSelf, TResult> : IValueTaskSource<TResult>, IValueTaskSource
    where TSelf : PooledCompletion<TSelf, TResult>, new()
{
    private const int MostPooled = 8192;
    private static readonly ConcurrentQueue<TSelf> Pool = new();
    private static int _pooled;

    // Who leads his own write gives back what he took: no other thread's cache line is touched for it.
    [ThreadStatic]
    private static TSelf? _spare;

    private ManualResetValueTaskSourceCore<TResult> _core;
    private CancellationTokenRegistration _registration;
    private CancellationToken _token;
    private TResult? _result;
    private Exception? _failure;
    private int _settled;
    private int _sidesDone;

    // The awaiting code must not run on the log's writer, nor inside a caller's Cancel(): who awaits already is queued. A result that
    // nobody awaits yet, as that of a caller which leads its own write, costs no hand-over.
    protected PooledCompletion() => _core.RunContinuationsAsynchronously = true;

    public ValueTask<TResult> Task => new(this, _core.Version);

    public ValueTask VoidTask => new(this, _core.Version);

    public static TSelf Rent()
    {
        if (_spare is { } spare)
        {
            _spare = null;
            return spare;
        }

        if (Pool.TryDequeue(out TSelf? pooled))
        {
            Interlocked.Decrement(ref _pooled);
            return pooled;
        }

        return new TSelf();
    }

    // Cancelling stops the waiting only; the producer goes on and its result is dropped.
    public void CancelWith(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _token = cancellationToken;
            _registration = cancellationToken.UnsafeRegister(static state => ((PooledCompletion<TSelf, TResult>)state!).OnCancelled(), this);
        }
    }

    public void Succeed(TResult result)
    {
        if (Interlocked.Exchange(ref _settled, 1) == 0)
        {
            _result = result;
            Signal();
        }

        SideDone();
    }

    public void Fail(Exception failure)
    {
        if (Interlocked.Exchange(ref _settled, 1) == 0)
        {
            _failure = failure;
            Signal();
        }

        SideDone();
    }

    // For a producer that never started: the object goes straight back.
    public void Abandon()
    {
        _registration.Dispose();
        _sidesDone = 1;
        SideDone();
    }

    TResult IValueTaskSource<TResult>.GetResult(short token) => TakeResult(token);

    void IValueTaskSource.GetResult(short token) => TakeResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    protected virtual void OnResultTaken()
    {
    }

    protected virtual void Reset()
    {
    }

    private TResult TakeResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            OnResultTaken();
            SideDone();
        }
    }

    private void OnCancelled()
    {
        if (Interlocked.Exchange(ref _settled, 1) == 0)
        {
            _failure = new OperationCanceledException(_token);
            Signal();
        }
    }

    private void Signal()
    {
        if (_failure is { } failure)
        {
            _core.SetException(failure);
        }
        else
        {
            _core.SetResult(_result!);
        }
    }

    private void SideDone()
    {
        if (Interlocked.Increment(ref _sidesDone) != 2)
        {
            return;
        }

        _registration.Dispose();
        _registration = default;
        _token = default;
        _result = default;
        _failure = null;
        _settled = 0;
        _sidesDone = 0;
        _core.Reset();
        Reset();
        if (_spare is null)
        {
            _spare = (TSelf)this;
        }
        else if (Interlocked.Increment(ref _pooled) <= MostPooled)
        {
            Pool.Enqueue((TSelf)this);
        }
        else
        {
            Interlocked.Decrement(ref _pooled);
        }
    }
}
