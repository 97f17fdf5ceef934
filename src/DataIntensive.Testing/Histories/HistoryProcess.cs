using System.Diagnostics.CodeAnalysis;

namespace DataIntensive.Testing;

/// <summary>
/// One caller of a <see cref="HistoryRecorder"/>, with one operation at a time. It belongs to one thread at a time.
/// </summary>
public sealed class HistoryProcess
{
    private const int FirstBuffer = 256;

    private readonly HistoryRecorder _recorder;
    private readonly int _maxOperations;
    private Recorded[] _buffer = [];
    private int _count;
    private bool _isOpen;

    internal HistoryProcess(HistoryRecorder recorder, long id, int maxOperations)
    {
        _recorder = recorder;
        _maxOperations = maxOperations;
        Id = id;
    }

    private enum End : byte
    {
        Open,
        Returned,
        NoEffect,
    }

    /// <summary>The id under which the next operation is recorded. A new one follows an operation of unknown outcome.</summary>
    public long Id { get; private set; }

    /// <summary>Call it immediately before the operation.</summary>
    /// <param name="function">What is called, as the model names it.</param>
    /// <param name="key">On what; nothing when there is but one.</param>
    /// <param name="argument">What is given.</param>
    /// <exception cref="InvalidOperationException">An operation is open, or the process has recorded as many as it may.</exception>
    public void Call(string function, HistoryValue key = default, HistoryValue argument = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(function);
        if (_isOpen)
        {
            throw new InvalidOperationException($"Process {Id} calls {function} while its {_buffer[_count - 1].Function} is open.");
        }

        if (_count == _buffer.Length)
        {
            Grow();
        }

        ref Recorded next = ref _buffer[_count++];
        next.Process = Id;
        next.Function = function;
        next.Key = key;
        next.Argument = argument;
        _isOpen = true;

        // The last thing before the operation, so that it seems no longer than it is.
        next.CalledAt = _recorder.NextStamp();
    }

    /// <summary>Call it immediately after the operation has returned.</summary>
    /// <param name="result">What came back; nothing when there is nothing to say.</param>
    /// <exception cref="InvalidOperationException">No operation is open.</exception>
    public void Return(HistoryValue result = default)
    {
        long at = _recorder.NextStamp();
        ref Recorded open = ref Close();
        open.ReturnedAt = at;
        open.Result = result;
        open.End = End.Returned;
    }

    /// <summary>The open operation has failed and is known to have had no effect: it is left out of the history.</summary>
    /// <exception cref="InvalidOperationException">No operation is open.</exception>
    public void Fail() => Close().End = End.NoEffect;

    /// <summary>
    /// Nobody knows how the open operation ended: it was cancelled, or its connection was lost. The process goes on under a new id,
    /// because the operation may still take effect later.
    /// </summary>
    /// <exception cref="InvalidOperationException">No operation is open.</exception>
    public void Unknown()
    {
        Close();
        Id = _recorder.NewId();
    }

    /// <summary>The process begins anew: what is open has an unknown outcome, and a new id follows.</summary>
    public void Restart()
    {
        _isOpen = false;
        Id = _recorder.NewId();
    }

    internal IEnumerable<HistoryOperation> Operations()
    {
        for (int i = 0; i < _count; i++)
        {
            Recorded recorded = _buffer[i];
            if (recorded.End == End.NoEffect)
            {
                continue;
            }

            HistoryOperation operation = new(recorded.Process, recorded.Function, recorded.Key, recorded.Argument, recorded.CalledAt);
            if (recorded.End == End.Returned)
            {
                operation.Return(recorded.Result, recorded.ReturnedAt);
            }

            yield return operation;
        }
    }

    private ref Recorded Close()
    {
        if (!_isOpen)
        {
            ThrowNotOpen();
        }

        _isOpen = false;
        return ref _buffer[_count - 1];
    }

    [DoesNotReturn]
    private void ThrowNotOpen() => throw new InvalidOperationException($"Process {Id} has no open operation.");

    private void Grow()
    {
        if (_count >= _maxOperations)
        {
            throw new InvalidOperationException($"Process {Id} has recorded {_maxOperations} operations, which is as many as it may.");
        }

        Array.Resize(ref _buffer, (int)Math.Min(_maxOperations, Math.Max(FirstBuffer, 2L * _buffer.Length)));
    }

    private struct Recorded
    {
        public long Process;
        public long CalledAt;
        public long ReturnedAt;
        public string Function;
        public HistoryValue Key;
        public HistoryValue Argument;
        public HistoryValue Result;
        public End End;
    }
}
