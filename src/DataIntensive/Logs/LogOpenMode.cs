namespace DataIntensive;

/// <summary>What a log is opened for.</summary>
public enum LogOpenMode
{
    /// <summary>To write and read. Takes the folder's lock; cuts an unfinished last write. The default.</summary>
    Write,

    /// <summary>
    /// To read what is there now. Takes no lock and changes nothing, so it may stand beside a writer, whose later commits it does not
    /// see. An unfinished last write is reported and left where it is; other damage throws as usual.
    /// </summary>
    ReadOnly,

    /// <summary>
    /// To read what is left of a damaged log. Takes no lock and changes nothing. Readers pass over what is damaged and tell what is lost
    /// (<see cref="Logs.LogRecord.LostBefore"/>); <see cref="Logs.LogRecoveryReport.Damages"/> tells where. No commit is given in
    /// part. What was found can be appended to a new log.
    /// </summary>
    Salvage,
}
