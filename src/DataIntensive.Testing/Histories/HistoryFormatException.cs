namespace DataIntensive.Testing;

/// <summary>
/// A history cannot be read: a line makes no sense, an operation returns that was not called, a process calls twice at once, a
/// stamp goes back.
/// </summary>
public sealed class HistoryFormatException : FormatException
{
    internal HistoryFormatException(long line, string problem, Exception? innerException = null)
        : base($"line {line}: {problem}", innerException)
    {
        Line = line;
        Problem = problem;
    }

    /// <summary>The line, from 1; with a <see cref="HistoryBuilder"/>, which has no lines, the event, from 1.</summary>
    public long Line { get; }

    /// <summary>What is wrong there.</summary>
    public string Problem { get; }
}
