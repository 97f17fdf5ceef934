namespace DataIntensive;

/// <summary>
/// Which events are meant: those of any of its items, each once. For example
/// <c>EventQuery.Tagged("course:c1").Or(EventQuery.OfType("student-renamed"))</c>. Immutable.
/// </summary>
public sealed class EventQuery
{
    /// <summary>The most items a query has: 128.</summary>
    public const int MaxItems = 128;

    private EventQuery(IReadOnlyList<EventQueryItem> items) => Items = items;

    /// <summary>All events. Not to be used as a condition.</summary>
    public static EventQuery All { get; } = new([]);

    /// <summary>The groups of events that are meant; empty for all events.</summary>
    public IReadOnlyList<EventQueryItem> Items { get; }

    /// <summary>Whether all events are meant.</summary>
    public bool IsAll => Items.Count == 0;

    /// <summary>The events of any of some groups.</summary>
    /// <exception cref="ArgumentException">There is none, there are too many, or one says nothing.</exception>
    public static EventQuery Of(params IReadOnlyList<EventQueryItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        if (items.Count is 0 or > MaxItems)
        {
            throw new ArgumentException($"A query has 1 to {MaxItems} items, not {items.Count}.", nameof(items));
        }

        EventQueryItem[] copy = [.. items];
        foreach (EventQueryItem item in copy)
        {
            ArgumentNullException.ThrowIfNull(item, nameof(items));
            item.Validate(nameof(items));
        }

        return new EventQuery(copy);
    }

    /// <summary>The events of one of some types, by their names in storage.</summary>
    public static EventQuery OfType(params IReadOnlyList<string> names) => Of(new EventQueryItem { Types = names });

    /// <summary>The events that have all of some tags.</summary>
    public static EventQuery Tagged(params IReadOnlyList<EventTag> tags) => Of(new EventQueryItem { Tags = tags });

    /// <summary>The events of one stream.</summary>
    public static EventQuery InStream(StreamId stream)
    {
        stream.ThrowIfDefault(nameof(stream));
        return Of(new EventQueryItem { Stream = stream });
    }

    /// <summary>The events of the streams whose ids begin with a category and <c>-</c>.</summary>
    public static EventQuery InCategory(string category)
    {
        ArgumentException.ThrowIfNullOrEmpty(category);
        return Of(new EventQueryItem { Category = category });
    }

    /// <summary>The events of this query and those of another.</summary>
    public EventQuery Or(EventQuery other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return IsAll || other.IsAll ? All : Of([.. Items, .. other.Items]);
    }

    // The lists lead to what is stored under a name; an upcaster may have made something else of it.
    internal bool Matches(RecordedEvent recorded)
    {
        if (IsAll)
        {
            return true;
        }

        foreach (EventQueryItem item in Items)
        {
            if (item.Matches(recorded))
            {
                return true;
            }
        }

        return false;
    }
}
