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

    [LoggerMessage(202, LogLevel.Warning, "Writing a state snapshot failed; until one succeeds, opening replays more of the log")]
    public static partial void StateSnapshotFailed(ILogger logger, Exception cause);

    [LoggerMessage(203, LogLevel.Warning, "The state snapshot '{File}' is passed over: {Reason}")]
    public static partial void StateSnapshotIgnored(ILogger logger, string file, string reason);

    [LoggerMessage(400, LogLevel.Error, "The subscription '{Subscription}' stopped at event position {Position}")]
    public static partial void SubscriptionStopped(ILogger logger, string subscription, long position, Exception cause);

    [LoggerMessage(401, LogLevel.Warning, "The subscription '{Subscription}' failed at event position {Position} in attempt {Attempt}; it is tried again")]
    public static partial void SubscriptionRetries(ILogger logger, string subscription, long position, int attempt, Exception cause);

    [LoggerMessage(402, LogLevel.Warning, "The subscription '{Subscription}' stopped, and its last checkpoint could not be saved: some events come again")]
    public static partial void SubscriptionNotSaved(ILogger logger, string subscription, Exception cause);

    [LoggerMessage(403, LogLevel.Error, "The subscription '{Subscription}' parked the event at position {Position} of the stream '{Stream}' after {Attempts} attempts")]
    public static partial void SubscriptionParked(ILogger logger, string subscription, long position, string stream, int attempts, Exception cause);

    [LoggerMessage(500, LogLevel.Warning, "The snapshot of the fold '{Fold}' for the stream '{Stream}' at version {Version} cannot be read and is passed over")]
    public static partial void FoldSnapshotIgnored(ILogger logger, string fold, string stream, long version, Exception cause);

    [LoggerMessage(501, LogLevel.Warning, "Writing a snapshot of the fold '{Fold}' for the stream '{Stream}' failed; loading it reads more events")]
    public static partial void FoldSnapshotFailed(ILogger logger, string fold, string stream, Exception cause);

    [LoggerMessage(502, LogLevel.Warning, "Taking archived streams of the {Owner} out of memory failed; it is tried again with the next commit")]
    public static partial void ArchivingFailed(ILogger logger, string owner, Exception cause);

    [LoggerMessage(700, LogLevel.Warning, "The {Owner} has {Keys} keys whose operation was begun and has not told how it ended")]
    public static partial void OutcomesUnknown(ILogger logger, string owner, int keys);
}
