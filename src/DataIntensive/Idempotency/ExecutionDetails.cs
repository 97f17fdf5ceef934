using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace DataIntensive.Idempotency;

// What most runs do without: those who wait for one, its token, its lease, its steps and its failure. Let go when its result is kept.
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and is linked to nothing, and an operation that goes on may still use its token.")]
internal sealed class ExecutionDetails
{
    private const long Lost = long.MinValue;
    private const long Sealed = long.MaxValue;

    private TaskCompletionSource? _completion;
    private CancellationTokenSource? _stop;
    private ConcurrentDictionary<string, Func<CancellationToken, ValueTask>>? _compensations;

    // Of a run that holds its key for a lease; 0: it does not, or has not begun.
    private long _renewedAt;

    // The operation inside which this one was started.
    public Execution? Outer { get; set; }

    // The run whose lease had run out when this one took its key over; 0: none.
    public long Overtaken { get; set; }

    public KeyProgress Progress { get; set; } = KeyProgress.None;

    public ExceptionDispatchInfo? Failure { get; set; }

    // What undoes the steps that this run has come by; null when there is nothing to undo.
    public ConcurrentDictionary<string, Func<CancellationToken, ValueTask>>? Compensations => _compensations;

    public bool IsLost => Volatile.Read(ref _renewedAt) == Lost;

    public Task Completion => Publish(ref _completion, static () => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Complete() => Volatile.Read(ref _completion)?.TrySetResult();

    public CancellationTokenSource Source() => Publish(ref _stop, static () => new CancellationTokenSource());

    // What the operation registered does not run on the thread of the caller that leaves.
    public void Stop() => _ = Volatile.Read(ref _stop)?.CancelAsync();

    public void OnGoingBack(string step, Func<CancellationToken, ValueTask> compensate) =>
        Publish(ref _compensations, static () => new ConcurrentDictionary<string, Func<CancellationToken, ValueTask>>(StringComparer.Ordinal))[step] = compensate;

    public void BeginLease(long now) => Volatile.Write(ref _renewedAt, now == 0 ? 1 : now);

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

    // Whoever gets true has the key of this run, and nobody else does.
    public bool TryLose(TimeProvider time, TimeSpan lease, out KeyProgress progress)
    {
        progress = KeyProgress.None;
        long renewedAt = Volatile.Read(ref _renewedAt);
        if (renewedAt is Lost or Sealed or 0 || time.GetElapsedTime(renewedAt) < lease || Interlocked.CompareExchange(ref _renewedAt, Lost, renewedAt) != renewedAt)
        {
            return false;
        }

        lock (this)
        {
            progress = Progress;
        }

        return true;
    }

    public bool TryRenew(long now)
    {
        long renewedAt = Volatile.Read(ref _renewedAt);
        while (renewedAt is not (Lost or Sealed))
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

    // From here on nobody takes over: its result is being kept. False when somebody has.
    public bool TrySeal() => TryRenew(Sealed);

    private static TSource Publish<TSource>(ref TSource? place, Func<TSource> make)
        where TSource : class => Volatile.Read(ref place) ?? Interlocked.CompareExchange(ref place, make(), null) ?? place;
}
