namespace DataIntensive.Testing;

/// <summary>
/// Makes a <see cref="History"/> of events that are given in the order of their stamps, and refuses what cannot have happened. For
/// readers of further formats, and for histories written by hand. Not for several threads at once.
/// </summary>
public sealed class HistoryBuilder
{
    private readonly List<HistoryOperation> _operations = [];
    private readonly Dictionary<long, HistoryOperation> _open = [];
    private readonly HashSet<long> _gone = [];
    private readonly HashSet<HistoryOperation> _withoutEffect = [];
    private long _newest = long.MinValue;
    private long _events;

    /// <summary>
    /// The line that the next event stands in, for errors. Default 0, for the number of the event. 0 and above; a reader sets it
    /// before each event.
    /// </summary>
    public long Line
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    /// <summary>A process calls.</summary>
    /// <param name="at">The stamp, not below the last one.</param>
    /// <param name="process">Who.</param>
    /// <param name="function">What is called.</param>
    /// <param name="key">On what; nothing when there is but one.</param>
    /// <param name="argument">What is given.</param>
    /// <exception cref="HistoryFormatException">The process has an open call or one of unknown outcome; the stamp goes back.</exception>
    public void Call(long at, long process, string function, HistoryValue key = default, HistoryValue argument = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(function);
        Advance(at);
        if (_gone.Contains(process))
        {
            throw Wrong($"process {process} calls {function} after an operation of unknown outcome; it has to go on under a new id.");
        }

        HistoryOperation operation = new(process, function, key, argument, at);
        if (!_open.TryAdd(process, operation))
        {
            throw Wrong($"process {process} calls {function} while its {_open[process].Function} is open.");
        }

        _operations.Add(operation);
    }

    /// <summary>The open call of a process returns.</summary>
    /// <param name="at">The stamp, not below the last one.</param>
    /// <param name="process">Who.</param>
    /// <param name="result">What comes back.</param>
    /// <exception cref="HistoryFormatException">The process has no open call; the stamp goes back.</exception>
    public void Return(long at, long process, HistoryValue result = default) => Close(at, process, "returns").Return(result, at);

    /// <summary>The open call of a process has failed and is known to have had no effect.</summary>
    /// <param name="at">The stamp, not below the last one.</param>
    /// <param name="process">Who.</param>
    /// <exception cref="HistoryFormatException">The process has no open call; the stamp goes back.</exception>
    public void Fail(long at, long process) => _withoutEffect.Add(Close(at, process, "fails"));

    /// <summary>The outcome of a process's open call will never be known. The process has ended.</summary>
    /// <param name="at">The stamp, not below the last one.</param>
    /// <param name="process">Who.</param>
    /// <exception cref="HistoryFormatException">The process has no open call; the stamp goes back.</exception>
    public void Unknown(long at, long process)
    {
        Close(at, process, "has an unknown outcome");
        _gone.Add(process);
    }

    /// <summary>Returns the history. What is still open is of unknown outcome.</summary>
    public History Build() => new(_operations.Where(operation => !_withoutEffect.Contains(operation)));

    internal HistoryFormatException Wrong(string problem) => new(Line == 0 ? _events : Line, problem);

    // For readers, whose formats repeat the call in the return.
    internal HistoryOperation? OpenCall(long process) => _open.GetValueOrDefault(process);

    private HistoryOperation Close(long at, long process, string verb)
    {
        Advance(at);
        return _open.Remove(process, out HistoryOperation? operation) ? operation : throw Wrong($"process {process} {verb} without a call.");
    }

    private void Advance(long at)
    {
        _events++;
        if (at < _newest)
        {
            throw Wrong($"the stamp {at} lies before {_newest}.");
        }

        _newest = at;
    }
}
