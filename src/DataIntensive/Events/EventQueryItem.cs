using DataIntensive.Events;

namespace DataIntensive;

/// <summary>
/// A group of events: those that are of one of the types, have all of the tags, and are in the stream and in the category, where each is
/// given. At least one of them is.
/// </summary>
public sealed class EventQueryItem
{
    /// <summary>The names of types, one of which the event has; empty for any.</summary>
    public IReadOnlyList<string> Types { get; init => field = value ?? throw new ArgumentNullException(nameof(value)); } = [];

    /// <summary>The tags that the event has, every one of them; empty for any.</summary>
    public IReadOnlyList<EventTag> Tags { get; init => field = value ?? throw new ArgumentNullException(nameof(value)); } = [];

    /// <summary>The stream that the event is in; the default for any.</summary>
    public StreamId Stream { get; init; }

    /// <summary>The category that the event's stream is in; null for any. It is what stands before the first <c>-</c> of a stream's id.</summary>
    public string? Category { get; init; }

    internal bool IsEmpty => Types.Count == 0 && Tags.Count == 0 && Stream.IsDefault && Category is null;

    internal bool Matches(RecordedEvent recorded) =>
        (Stream.IsDefault || recorded.Stream == Stream)
        && (Types.Count == 0 || Types.Contains(recorded.Name))
        && (Category is null || TenantIndex.CategoryOf(recorded.Stream.Value).SequenceEqual(Category))
        && Tags.All(recorded.Tags.Contains);

    internal void Validate(string parameter)
    {
        if (IsEmpty)
        {
            throw new ArgumentException($"An item of a query says what it means: a type, a tag, a stream or a category. For all events there is {nameof(EventQuery)}.{nameof(EventQuery.All)}.", parameter);
        }

        if (Types.Any(string.IsNullOrEmpty) || Tags.Any(tag => tag.IsDefault) || Category is "")
        {
            throw new ArgumentException("A type, a tag or a category of a query is empty.", parameter);
        }
    }
}
