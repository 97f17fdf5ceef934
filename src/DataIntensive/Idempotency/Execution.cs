using System.Diagnostics.CodeAnalysis;

namespace DataIntensive.Idempotency;

// One run of an operation, and those who wait for it.
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and is linked to nothing, and an operation that goes on may still use its token.")]
internal abstract class Execution(Executions owner, IdempotencyKey key, string? codec, Execution? outer)
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();

    // The one who runs it is there from the start.
    private int _callers = 1;
    private bool _abandoned;
    private bool _ended;

    public Executions Owner => owner;

    public IdempotencyKey Key => key;

    public string? Codec => codec;

    // The operation inside which this one was started, as long as this one runs: an operation that goes on in the background must
    // not hold on to those before it.
    public Execution? Outer { get; private set; } = outer;

    public bool HasEnded => Volatile.Read(ref _ended);

    public CancellationToken Token => _stop.Token;

    public abstract Task Completion { get; }

    // False when the last caller has gone, and the operation was asked to stop: nobody may count on it any more.
    public bool TryJoin()
    {
        lock (_gate)
        {
            if (_abandoned)
            {
                return false;
            }

            _callers++;
            return true;
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            if (--_callers > 0 || _ended)
            {
                return;
            }

            _abandoned = true;
        }

        // What the operation registered does not run on the thread of the caller that leaves.
        _ = _stop.CancelAsync();
    }

    protected void End()
    {
        lock (_gate)
        {
            _ended = true;
        }

        Outer = null;
    }
}
