namespace DataIntensive;

/// <summary>What is stored beside an event: what it belongs to, and what caused it. Compared by what it holds.</summary>
public sealed class EventMetadata : IEquatable<EventMetadata>
{
    /// <summary>Nothing.</summary>
    public static EventMetadata Empty { get; } = new();

    /// <summary>
    /// What the event belongs to, over all streams and services; null when unknown. When an append gives none, it is the trace id of the
    /// current <see cref="System.Diagnostics.Activity"/>, if there is one.
    /// </summary>
    public string? CorrelationId { get; init; }

    /// <summary>What caused the event: the id of a command or of another event; null when unknown.</summary>
    public string? CausationId { get; init; }

    /// <summary>
    /// The span in which the event was appended, as a W3C <c>traceparent</c>; null when there was none. When an append gives none, it is
    /// that of the current <see cref="System.Diagnostics.Activity"/>.
    /// </summary>
    public string? TraceParent { get; init; }

    /// <summary>Anything else. Names are compared ordinally; a value may be empty. Together with the event it is bounded by the store's limit per event.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init => field = value ?? throw new ArgumentNullException(nameof(value)); } =
        System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    internal bool IsEmpty => CorrelationId is null && CausationId is null && TraceParent is null && Headers.Count == 0;

    /// <inheritdoc />
    public bool Equals(EventMetadata? other) =>
        other is not null
        && CorrelationId == other.CorrelationId
        && CausationId == other.CausationId
        && TraceParent == other.TraceParent
        && Headers.Count == other.Headers.Count
        && Headers.All(header => other.Headers.TryGetValue(header.Key, out string? value) && value == header.Value);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as EventMetadata);

    /// <inheritdoc />
    public override int GetHashCode() => (CorrelationId, CausationId, TraceParent, Headers.Count).GetHashCode();
}
