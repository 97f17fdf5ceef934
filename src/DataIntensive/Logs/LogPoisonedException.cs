namespace DataIntensive;

/// <summary>
/// A write or fsync failed. Of the commits that were under way it is not known whether they are on the disk; nothing is retried,
/// since a second fsync may claim what the first one lost. Reopen: what is there then, counts.
/// </summary>
public sealed class LogPoisonedException : DataIntensiveException
{
    internal LogPoisonedException(string location, Exception cause, bool outcomeUnknown)
        : base(
            outcomeUnknown
                ? $"Writing the log in '{location}' failed while this commit was under way; its outcome is unknown until the log is reopened: {cause.Message}"
                : $"The log in '{location}' takes no more writes after a failure; reopen it: {cause.Message}",
            cause)
    {
        Location = location;
        OutcomeUnknown = outcomeUnknown;
    }

    /// <summary>The folder of the log.</summary>
    public string Location { get; }

    /// <summary>True when this commit was under way and may be there after a reopen; false when it was refused and is not.</summary>
    public bool OutcomeUnknown { get; }
}
