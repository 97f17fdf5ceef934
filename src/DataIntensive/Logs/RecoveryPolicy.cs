namespace DataIntensive;

/// <summary>What opening does with an end of the log that can be an unfinished write.</summary>
public enum RecoveryPolicy
{
    /// <summary>Cuts it, keeps the bytes aside, and reports it. The default.</summary>
    CutTornTail,

    /// <summary>Refuses to open with <see cref="LogCorruptException"/>, and changes nothing.</summary>
    Strict,
}
