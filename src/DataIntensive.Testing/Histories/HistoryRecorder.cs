namespace DataIntensive.Testing;

/// <summary>
/// Records what concurrent callers do and see, cheap enough to stand inside a hot loop: each process writes into a buffer of its own,
/// and only the stamp that orders the events is shared.
/// </summary>
/// <example>
/// <code>
/// HistoryRecorder recorder = new();
/// HistoryProcess me = recorder.StartProcess(); // one per thread
/// me.Call("write", "x", 3);
/// await store.WriteAsync("x", 3);
/// me.Return();
/// // … when all have ended …
/// LinearizabilityResult result = LinearizabilityChecker.Check(recorder.ToHistory(), new KeyValueModel());
/// </code>
/// </example>
/// <remarks>
/// <para><b>Guarantee.</b> What returned before another call began has the lower stamp.</para>
/// <para><b>Order.</b> By the shared counter, or by the clock of the options.</para>
/// <para><b>After a crash.</b> Nothing is kept; a process that was under way when its code threw goes on with
/// <see cref="HistoryProcess.Unknown"/>.</para>
/// <para><b>Thread safety.</b> <see cref="StartProcess"/> may be called from any thread; a process belongs to one thread at a time;
/// <see cref="ToHistory"/> is for when all processes are at rest.</para>
/// <para><b>Cost.</b> Two atomic increments and 80 bytes for each operation; no lock and no allocation but a larger buffer now and then.
/// With the clock, two reads of it instead of the increments.</para>
/// <para><b>Not guaranteed.</b> That the recorded code is as concurrent as without the recorder: the counter is one shared cache line.</para>
/// </remarks>
public sealed class HistoryRecorder
{
    private readonly List<HistoryProcess> _processes = [];
    private readonly TimeProvider? _time;
    private readonly int _maxOperations;
    private readonly long _start;
    private PaddedCounter _stamp;
    private long _ids = -1;

    /// <summary>Makes a recorder without operations.</summary>
    /// <param name="options">How it stamps, and how much it takes; null for the defaults.</param>
    public HistoryRecorder(HistoryRecorderOptions? options = null)
    {
        options ??= new HistoryRecorderOptions();
        _time = options.TimeProvider;
        _maxOperations = options.MaxOperationsPerProcess;
        _start = _time?.GetTimestamp() ?? 0;
    }

    /// <summary>Begins a process: somebody who does one operation at a time.</summary>
    public HistoryProcess StartProcess()
    {
        HistoryProcess process = new(this, NewId(), _maxOperations);
        lock (_processes)
        {
            _processes.Add(process);
        }

        return process;
    }

    /// <summary>Returns what was recorded. What is still open is of unknown outcome.</summary>
    /// <remarks>Wait for the recorded threads before: what they record meanwhile may be missing or be seen half.</remarks>
    public History ToHistory()
    {
        lock (_processes)
        {
            return new History(_processes.SelectMany(process => process.Operations()));
        }
    }

    internal long NewId() => Interlocked.Increment(ref _ids);

    // The counter is a full fence: nothing of the operation moves over its stamps.
    internal long NextStamp() => _time is null ? Interlocked.Increment(ref _stamp.Value) : (long)_time.GetElapsedTime(_start).TotalNanoseconds;
}
