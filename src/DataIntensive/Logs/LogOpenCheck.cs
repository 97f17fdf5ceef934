namespace DataIntensive;

/// <summary>How much of a log is read and checked when it is opened.</summary>
public enum LogOpenCheck
{
    /// <summary>Every byte, so that damage anywhere refuses to open. Takes as long as reading the log. The default.</summary>
    Everything,

    /// <summary>
    /// What was not proven before: the last segment of a log that was not closed, and segments without an index. Takes milliseconds.
    /// Other damage is met when it is read, with the same <see cref="LogCorruptException"/>.
    /// </summary>
    Unproven,
}
