namespace DataIntensive;

/// <summary>
/// Others appended to the stream every time between reading it and appending what was decided. Nothing was written. Try again later, or
/// have fewer callers write one stream.
/// </summary>
public sealed class DecisionExhaustedException : DataIntensiveException
{
    internal DecisionExhaustedException(StreamId stream, int attempts, IReadOnlyList<AppendConflict> conflicts)
        : base($"A command on the stream '{stream}' was decided {attempts} times, and somebody else was faster every time. {string.Join(" ", conflicts)}")
    {
        Stream = stream;
        Attempts = attempts;
        Conflicts = conflicts;
    }

    /// <summary>The stream.</summary>
    public StreamId Stream { get; }

    /// <summary>How often it was decided.</summary>
    public int Attempts { get; }

    /// <summary>What did not hold the last time; at least one.</summary>
    public IReadOnlyList<AppendConflict> Conflicts { get; }
}
