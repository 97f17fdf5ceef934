using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace DataIntensive.Idempotency;

// One run of an operation, and those who wait for it.
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and is linked to nothing, and an operation that goes on may still use its token.")]
internal abstract class Execution : KeyEntry
{
    private const int Abandoned = int.MinValue;
    private const long Lost = long.MinValue;

    private readonly bool _isCancelledWhenLeft;
    private TaskCompletionSource? _completion;
    private CancellationTokenSource? _stop;
    private Execution? _outer;
    private ConcurrentDictionary<string, Func<CancellationToken, ValueTask>>? _compensations;
    private long _renewedAt;

    // The one who runs it is there from the start.
    private int _callers = 1;
    private bool _isStopping;
    private bool _ended;

    protected Execution(Executions owner, in IdempotencyRequest request, string? codec, Execution? outer, AbandonPolicy whenAbandoned)
    {
        Owner = owner;
        Request = request;
        Codec = codec;
        _outer = outer;
        _isCancelledWhenLeft = whenAbandoned == AbandonPolicy.Cancel;
    }

    public Executions Owner { get; }

    public IdempotencyRequest Request { get; }

    public IdempotencyKey Key => Request.Key;

    public string? Codec { get; }

    public long FencingToken { get; private set; }

    // The run whose lease had run out when this one took its key over; 0: none.
    public long Overtaken { get; private set; }

    // Its end stands in the table in its place already.
    public bool IsReplaced { get; set; }

    public KeyProgress Progress { get; set; } = KeyProgress.None;

    // What undoes the steps that this run has come by; null when there is nothing to undo.
    public ConcurrentDictionary<string, Func<CancellationToken, ValueTask>>? Compensations => _compensations;

    // The operation inside which this one was started, as long as this one runs: an operation that goes on in the background must
    // not hold on to those before it.
    public Execution? Outer => _outer;

    public bool HasEnded => Volatile.Read(ref _ended);

    public bool IsLost => Volatile.Read(ref _renewedAt) == Lost;

    public bool IsStopping => Volatile.Read(ref _isStopping);

    // Made when somebody waits, or asks for the token: most runs end at once and need neither.
    public Task Completion
    {
        get
        {
            TaskCompletionSource completion = Volatile.Read(ref _completion) ?? Publish(ref _completion, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            if (HasEnded)
            {
                completion.TrySetResult();
            }

            return completion.Task;
        }
    }

    public CancellationToken Token
    {
        get
        {
            CancellationTokenSource stop = Volatile.Read(ref _stop) ?? Publish(ref _stop, new CancellationTokenSource());
            if (IsStopping)
            {
                _ = stop.CancelAsync();
            }

            return stop.Token;
        }
    }

    // False when the last caller has gone, and the operation was asked to stop: nobody may count on it any more.
    public bool TryJoin()
    {
        int callers = Volatile.Read(ref _callers);
        while (callers != Abandoned)
        {
            int found = Interlocked.CompareExchange(ref _callers, callers + 1, callers);
            if (found == callers)
            {
                return true;
            }

            callers = found;
        }

        return false;
    }

    public void Leave()
    {
        int callers = Volatile.Read(ref _callers);
        while (true)
        {
            int left = callers == 1 && _isCancelledWhenLeft && !HasEnded ? Abandoned : callers - 1;
            int found = Interlocked.CompareExchange(ref _callers, left, callers);
            if (found == callers)
            {
                if (left == Abandoned)
                {
                    Stop();
                }

                return;
            }

            callers = found;
        }
    }

    public void Begin(in Claim claim, long now)
    {
        FencingToken = claim.FencingToken;
        Progress = claim.Progress ?? KeyProgress.None;

        // 0 is that of a run which has not begun.
        Volatile.Write(ref _renewedAt, now == 0 ? 1 : now);
    }

    public void OnGoingBack(string step, Func<CancellationToken, ValueTask> compensate)
    {
        Publish(ref _compensations, new ConcurrentDictionary<string, Func<CancellationToken, ValueTask>>(StringComparer.Ordinal))[step] = compensate;
    }

    // False when another run has the key: what an owner was told is recorded is what the one takes with it who takes over. An operation
    // makes one change at a time.
    public bool TryAdvance(KeyChange change)
    {
        KeyProgress advanced = Progress.With(change);
        lock (this)
        {
            if (IsLost)
            {
                return false;
            }

            Progress = advanced;
            return true;
        }
    }

    // From one whose lease has run out: whoever gets true has its key, and nobody else does.
    public bool TryTakeOver(Execution lapsed, TimeProvider time, TimeSpan lease)
    {
        long renewedAt = Volatile.Read(ref lapsed._renewedAt);
        if (renewedAt is Lost or 0 || time.GetElapsedTime(renewedAt) < lease || Interlocked.CompareExchange(ref lapsed._renewedAt, Lost, renewedAt) != renewedAt)
        {
            return false;
        }

        Overtaken = lapsed.FencingToken;
        lock (lapsed)
        {
            Progress = lapsed.Progress;
        }

        lapsed.Stop();
        return true;
    }

    public bool TryRenew(long now)
    {
        long renewedAt = Volatile.Read(ref _renewedAt);
        while (renewedAt != Lost)
        {
            long found = Interlocked.CompareExchange(ref _renewedAt, now, renewedAt);
            if (found == renewedAt)
            {
                return true;
            }

            renewedAt = found;
        }

        return false;
    }

    // Its outcome is set, and it stands in no table any more.
    public void End()
    {
        _outer = null;
        Volatile.Write(ref _ended, true);

        // A full fence: who does not find it ended shows its source of completion first, which is then seen here.
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _completion)?.TrySetResult();
    }

    private static TSource Publish<TSource>(ref TSource? place, TSource made)
        where TSource : class => Interlocked.CompareExchange(ref place, made, null) ?? made;

    private void Stop()
    {
        Volatile.Write(ref _isStopping, true);
        Interlocked.MemoryBarrier();

        // What the operation registered does not run on the thread of the caller that leaves.
        _ = Volatile.Read(ref _stop)?.CancelAsync();
    }
}
