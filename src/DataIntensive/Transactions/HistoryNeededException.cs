namespace DataIntensive;

/// <summary>The log was not trimmed, because somebody still needs what would have gone. Nothing was changed.</summary>
public sealed class HistoryNeededException : DataIntensiveException
{
    internal HistoryNeededException(LogPosition before, string holder, LogPosition neededFrom)
        : base($"The log cannot be trimmed before position {before}: {holder} needs it from position {neededFrom}.")
    {
        Before = before;
        Holder = holder;
        NeededFrom = neededFrom;
    }

    /// <summary>Up to where it was to be trimmed.</summary>
    public LogPosition Before { get; }

    /// <summary>Who needs it: an owner of records, a consumer, or the state snapshots. The one who needs most.</summary>
    public string Holder { get; }

    /// <summary>From where on: trimming before this position would be allowed.</summary>
    public LogPosition NeededFrom { get; }
}
