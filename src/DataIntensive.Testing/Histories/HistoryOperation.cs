namespace DataIntensive.Testing;

/// <summary>One operation of a <see cref="History"/>: who called what and when, and what came back.</summary>
public sealed class HistoryOperation
{
    internal HistoryOperation(long process, string function, HistoryValue key, HistoryValue argument, long calledAt)
    {
        Process = process;
        Function = function;
        Key = key;
        Argument = argument;
        CalledAt = calledAt;
        ReturnedAt = long.MaxValue;
        Outcome = HistoryOutcome.Unknown;
    }

    /// <summary>Who called: it has one operation at a time, and none after one of unknown outcome.</summary>
    public long Process { get; }

    /// <summary>What was called, as the model names it: <c>read</c>, <c>write</c>, <c>cas</c> …</summary>
    public string Function { get; }

    /// <summary>What it was called on; nothing where there is but one.</summary>
    public HistoryValue Key { get; }

    /// <summary>What was given; nothing for a read.</summary>
    public HistoryValue Argument { get; }

    /// <summary>What came back; nothing when the outcome is unknown, or when there is nothing to say.</summary>
    public HistoryValue Result { get; private set; }

    /// <summary>Whether it returned.</summary>
    public HistoryOutcome Outcome { get; private set; }

    /// <summary>The stamp of the call. Only the order of stamps counts: what has equal ones is taken for concurrent.</summary>
    public long CalledAt { get; }

    /// <summary>The stamp of the return; <see cref="long.MaxValue"/> when the outcome is unknown.</summary>
    public long ReturnedAt { get; private set; }

    /// <summary>Returns who called what, and the result.</summary>
    public override string ToString() => $"process {Process}: {Describe()}";

    internal string Describe()
    {
        string key = Key.IsNil ? "" : $" {Key}";
        string argument = Argument.IsNil ? "" : $" {Argument}";
        string result = Outcome == HistoryOutcome.Unknown ? " → ?" : Result.IsNil && !Argument.IsNil ? "" : $" → {Result}";
        return $"{Function}{key}{argument}{result}";
    }

    internal void Return(HistoryValue result, long at)
    {
        Result = result;
        ReturnedAt = at;
        Outcome = HistoryOutcome.Returned;
    }

    // The same operation for somebody who saw no return, or none before some moment.
    internal HistoryOperation AsUnknown() => Outcome == HistoryOutcome.Unknown ? this : new HistoryOperation(Process, Function, Key, Argument, CalledAt);
}
