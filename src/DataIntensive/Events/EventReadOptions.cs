namespace DataIntensive;

/// <summary>Which part of a stream or of a query's events is read, and how.</summary>
public sealed class EventReadOptions
{
    /// <summary>Whether the newest event comes first. Default false: in order.</summary>
    public bool Backward { get; init; }

    /// <summary>The most stored events that are read, from 1; those that are passed over do not count. Default: no limit.</summary>
    public long MaxCount
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "At least one event is read.");
    } = long.MaxValue;

    /// <summary>
    /// Of a stream, the version that is read first, or would be; from 1. Default null: the first, backward the last. Not for queries.
    /// </summary>
    public long? FromVersion
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Versions count from 1.");
    }

    /// <summary>The event position that is read first, or would be. Default null: the first, backward the last. 0 means the first too.</summary>
    public EventPosition? From
    {
        get;
        init => field = value is null or { Value: >= 0 } ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Event positions count from 1.");
    }

    /// <summary>Of a stream, the last version that is taken to exist; from 0. Default null: the newest. Not for queries.</summary>
    public long? AsOfVersion
    {
        get;
        init => field = value is null or >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Versions count from 1; 0 is before the first.");
    }

    /// <summary>The last event position that is taken to exist. Default null: the newest.</summary>
    public EventPosition? AsOf
    {
        get;
        init => field = value is null or { Value: >= 0 } ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Event positions count from 1; 0 is before the first.");
    }

    /// <summary>Events with a later timestamp are taken not to exist. Default null: none.</summary>
    public DateTimeOffset? AsOfTime { get; init; }

    /// <summary>
    /// Whether the events of archived streams are given too. Default false. A query reads all events then, as far as there are archived ones.
    /// </summary>
    public bool IncludeArchived { get; init; }

    /// <summary>What happens at an event that is not mapped. Default <see cref="UnknownEvents.Fail"/>.</summary>
    public UnknownEvents Unknown { get; init; }

    internal static EventReadOptions Default { get; } = new();

    internal void ThrowIfForStreams(string parameter)
    {
        if (FromVersion is not null || AsOfVersion is not null)
        {
            throw new ArgumentException("Versions are those of one stream: a query is read by event positions.", parameter);
        }
    }
}
