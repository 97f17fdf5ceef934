namespace DataIntensive;

/// <summary>An event that is not mapped, as a reader gets it that asks for such with <see cref="UnknownEvents.Raw"/>.</summary>
/// <param name="Payload">The stored bytes: JSON, when it was stored by a mapped type.</param>
public sealed record RawEvent(ReadOnlyMemory<byte> Payload)
{
    /// <inheritdoc />
    public bool Equals(RawEvent? other) => other is not null && Payload.Span.SequenceEqual(other.Payload.Span);

    /// <inheritdoc />
    public override int GetHashCode() => Payload.Length;
}
