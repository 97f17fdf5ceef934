namespace DataIntensive;

/// <summary>What a log is opened for.</summary>
public enum LogOpenMode
{
    /// <summary>To write and read. The default.</summary>
    Write,

    /// <summary>To read what is there now.</summary>
    ReadOnly,
}
