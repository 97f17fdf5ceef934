namespace DataIntensive.Testing;

/// <summary>
/// A transaction that a <see cref="TransactionRecorder"/> records. It belongs to one caller; end it with <see cref="Commit"/>,
/// <see cref="Fail"/> or <see cref="LeaveUnknown"/>.
/// </summary>
public sealed class RecordedTransaction
{
    private readonly TransactionRecorder _recorder;
    private readonly Lock _gate = new();
    private readonly List<MicroOperation> _steps = [];
    private readonly string? _name;
    private readonly long _calledAt;
    private long? _returnedAt;
    private TransactionOutcome _outcome;
    private bool _ended;

    internal RecordedTransaction(TransactionRecorder recorder, int process, string? name, long calledAt)
    {
        _recorder = recorder;
        Process = process;
        _name = name;
        _calledAt = calledAt;
    }

    /// <summary>Who called it.</summary>
    public int Process { get; }

    /// <summary>Notes an append.</summary>
    public void Append(string key, long element) => Add(MicroOperation.Append(key, element));

    /// <summary>Notes a write.</summary>
    public void Write(string key, long value) => Add(MicroOperation.Write(key, value));

    /// <summary>Notes which list was read: all elements in their order, none when the key had none.</summary>
    public void ReadList(string key, ReadOnlySpan<long> elements) => Add(MicroOperation.ReadList(key, elements));

    /// <summary>Notes which value was read; null when the key had none.</summary>
    public void ReadValue(string key, long? value) => Add(MicroOperation.ReadValue(key, value));

    /// <summary>Forgets the steps noted so far: that attempt certainly took no effect, and another one begins.</summary>
    public void Restart()
    {
        lock (_gate)
        {
            ThrowIfEnded_NeedsLock();
            _steps.Clear();
        }
    }

    /// <summary>Notes that it returned and took effect.</summary>
    public void Commit() => End(TransactionOutcome.Committed);

    /// <summary>Notes that it returned and certainly took no effect.</summary>
    public void Fail() => End(TransactionOutcome.Failed);

    /// <summary>Notes that nobody will know. The process may go on.</summary>
    public void LeaveUnknown() => End(TransactionOutcome.Unknown);

    internal TransactionRecord ToRecord()
    {
        lock (_gate)
        {
            return new TransactionRecord(_steps) { Name = _name, Process = Process, Outcome = _outcome, CalledAt = _calledAt, ReturnedAt = _returnedAt };
        }
    }

    private void Add(MicroOperation step)
    {
        lock (_gate)
        {
            ThrowIfEnded_NeedsLock();
            _steps.Add(step);
        }
    }

    private void End(TransactionOutcome outcome)
    {
        lock (_gate)
        {
            ThrowIfEnded_NeedsLock();
            _ended = true;
        }

        // Outside the own lock: the recorder takes both, its own first.
        long? returned = _recorder.End(this, outcome != TransactionOutcome.Unknown);
        lock (_gate)
        {
            _outcome = outcome;
            _returnedAt = returned;
        }
    }

    private void ThrowIfEnded_NeedsLock()
    {
        if (_ended)
        {
            throw new InvalidOperationException("The transaction has ended.");
        }
    }
}
