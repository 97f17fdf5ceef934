namespace DataIntensive.Testing;

// A part of a history with what is known of it: an order of its operations, or of as many as have one.
internal sealed record CheckedPart(HistoryValue Name, IReadOnlyList<HistoryOperation> Operations)
{
    public IReadOnlyList<OrderedOperation> Order { get; set; } = [];
}
