using System.Runtime.ExceptionServices;

namespace DataIntensive.Idempotency;

// One run of an operation, and those who wait for it. In memory it stays in its place with its result: one object per key, so small that
// what only some runs need stands apart.
internal abstract class Execution : KeyEntry
{
    private const int Abandoned = int.MinValue;

    private readonly StopRule _stops;
    private ExecutionDetails? _details;

    // The one who runs it is there from the start.
    private int _callers = 1;
    private volatile Phase _phase;
    private volatile bool _isStopping;
    private byte _outcome;

    protected Execution(in IdempotencyRequest request, string? codec, StopRule stops)
    {
        Key = request.Key;
        Fingerprint = request.Fingerprint;
        Codec = codec;
        _stops = stops;
    }

    private enum Phase : byte
    {
        Running,
        Kept,
        Ended,
    }

    public string? Codec { get; }

    public IdempotencyRequest Request => new(Key, Fingerprint);

    // In the place of the time of its completion, which comes when nobody asks for the token any more.
    public long FencingToken
    {
        get => CompletedAt;
        private set => CompletedAt = value;
    }

    public override bool IsKept => _phase == Phase.Kept;

    public bool HasEnded => _phase != Phase.Running;

    public bool IsLost => Volatile.Read(ref _details) is { IsLost: true };

    public bool IsStopping => _isStopping;

    // The operation inside which this one was started, as long as this one runs: an operation that goes on in the background must
    // not hold on to those before it.
    public Execution? Outer => Volatile.Read(ref _details)?.Outer;

    public long Overtaken => _details?.Overtaken ?? 0;

    public KeyProgress Progress
    {
        get => _details?.Progress ?? KeyProgress.None;
        set
        {
            if (!value.IsNone || _details is not null)
            {
                Details.Progress = value;
            }
        }
    }

    // Set before it is kept, or has ended; null when the run was not needed.
    protected IdempotencyOutcome? Outcome
    {
        get => _outcome == 0 ? null : (IdempotencyOutcome)(_outcome - 1);
        set => _outcome = (byte)(value + 1)!;
    }

    protected ExceptionDispatchInfo? Failing => Volatile.Read(ref _details)?.Failure;

    public ExecutionDetails Details => Volatile.Read(ref _details) ?? Interlocked.CompareExchange(ref _details, new ExecutionDetails(), null) ?? _details;

    // Made when somebody waits: most runs end at once.
    public Task Completion
    {
        get
        {
            if (HasEnded)
            {
                return Task.CompletedTask;
            }

            ExecutionDetails details = Details;
            Task completion = details.Completion;
            if (HasEnded)
            {
                EndDetails(details);
            }

            return completion;
        }
    }

    // Made when it is asked for; none when nobody can ever stop the operation.
    public CancellationToken Token
    {
        get
        {
            if (_stops == StopRule.Never || (HasEnded && Volatile.Read(ref _details) is null))
            {
                return CancellationToken.None;
            }

            CancellationTokenSource stop = Details.Source();
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
            int left = callers == 1 && _stops == StopRule.WhenLeft && !HasEnded ? Abandoned : callers - 1;
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

    public void StartInside(Execution? outer)
    {
        if (outer is { HasEnded: false })
        {
            Details.Outer = outer;
        }
    }

    public void Begin(in Claim claim)
    {
        FencingToken = claim.FencingToken;
        Progress = claim.Progress ?? KeyProgress.None;
    }

    // From one whose lease has run out.
    public bool TryTakeOver(Execution lapsed, TimeProvider time, TimeSpan lease)
    {
        long token = lapsed.FencingToken;
        if (Volatile.Read(ref lapsed._details) is not { } details || !details.TryLose(time, lease, out KeyProgress progress))
        {
            return false;
        }

        Details.Overtaken = token;
        Details.Progress = progress;
        lapsed.Stop();
        return true;
    }

    // Its result stands in the table in its place. False when another run has its key.
    public bool TryKeep(long completedAt)
    {
        if (Volatile.Read(ref _details) is { } details && !details.TrySeal())
        {
            return false;
        }

        CompletedAt = completedAt;
        _phase = Phase.Kept;
        return true;
    }

    // Its outcome is set, and no other call finds it running any more.
    public void End()
    {
        if (_phase == Phase.Running)
        {
            _phase = Phase.Ended;
        }

        // A full fence: who does not find it ended shows its details first, which are then seen here.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _details) is { } details)
        {
            EndDetails(details);
        }
    }

    private void EndDetails(ExecutionDetails details)
    {
        details.Outer = null;
        details.Complete();
        if (IsKept)
        {
            Volatile.Write(ref _details, null);
        }
    }

    private void Stop()
    {
        _isStopping = true;
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _details)?.Stop();
    }
}
