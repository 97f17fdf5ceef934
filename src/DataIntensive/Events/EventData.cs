namespace DataIntensive;

/// <summary>An event to append, with what goes with it. Where nothing goes with it, the event itself can be appended.</summary>
public sealed class EventData
{
    /// <summary>Makes one.</summary>
    /// <param name="data">The event: an instance of a mapped type.</param>
    public EventData(object data)
    {
        ArgumentNullException.ThrowIfNull(data);
        Data = data;
    }

    /// <summary>The event.</summary>
    public object Data { get; }

    /// <summary>
    /// Its id in its stream, chosen by the caller, by which a repeated append is recognised; null when it has none. Not
    /// <see cref="Guid.Empty"/>.
    /// </summary>
    public Guid? Id
    {
        get;
        init => field = value != Guid.Empty ? value : throw new ArgumentException("An event id is not empty.", nameof(value));
    }

    /// <summary>Labels by which it is found, besides those that its type's map gives. At most 64.</summary>
    public IReadOnlyList<EventTag> Tags { get; init => field = value ?? throw new ArgumentNullException(nameof(value)); } = [];

    /// <summary>What is stored beside it; null for that of the append.</summary>
    public EventMetadata? Metadata { get; init; }
}
