using Microsoft.Extensions.Logging;

namespace DataIntensive.Diagnostics;

// Event ids: 100 the log, 200 the database, 300 stores, 400 consumers, 500 events, 600 causal, 700 idempotency, 800 changes, 900 streams.
internal static partial class LogMessages
{
    [LoggerMessage(100, LogLevel.Information, "Opened the log in '{Location}' at position {Position} ({Segments} segments)")]
    public static partial void LogOpened(ILogger logger, string location, long position, int segments);

    [LoggerMessage(101, LogLevel.Warning, "Cut an unfinished write from '{File}' at offset {Offset}: {Bytes} bytes, kept aside in '{Aside}'")]
    public static partial void TornTail(ILogger logger, string file, long offset, long bytes, string aside);

    [LoggerMessage(102, LogLevel.Critical, "Writing the log in '{Location}' failed; it takes no more writes until it is reopened")]
    public static partial void Poisoned(ILogger logger, string location, Exception cause);

    [LoggerMessage(200, LogLevel.Warning, "The log holds {Records} records of the {Owner}, which is not declared; they are kept and not read")]
    public static partial void UnregisteredOwner(ILogger logger, string owner, long records);

    [LoggerMessage(300, LogLevel.Warning, "Ending keys of the {Owner} whose deadline has passed failed; it is tried again")]
    public static partial void SweepFailed(ILogger logger, string owner, Exception cause);

    [LoggerMessage(201, LogLevel.Warning, "The states take {Bytes} bytes of the {MaxBytes} that they may; past that, what grows is refused")]
    public static partial void StatesAreLarge(ILogger logger, long bytes, long maxBytes);

    [LoggerMessage(700, LogLevel.Warning, "The {Owner} has {Keys} keys whose operation was begun and has not told how it ended")]
    public static partial void OutcomesUnknown(ILogger logger, string owner, int keys);
}
