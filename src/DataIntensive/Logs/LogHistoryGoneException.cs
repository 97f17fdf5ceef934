namespace DataIntensive;

/// <summary>The records a reader asked for are no longer kept. Start from a current state, then read on after <see cref="ResumeAfter"/>.</summary>
public sealed class LogHistoryGoneException : DataIntensiveException
{
    internal LogHistoryGoneException(LogPosition after, LogPosition resumeAfter)
        : base($"The history behind position {after} is gone; the oldest place to read on is behind position {resumeAfter}.")
    {
        After = after;
        ResumeAfter = resumeAfter;
    }

    /// <summary>What was asked for.</summary>
    public LogPosition After { get; }

    /// <summary>The oldest position that can be read after.</summary>
    public LogPosition ResumeAfter { get; }
}
