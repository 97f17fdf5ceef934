namespace DataIntensive.Testing;

// A part of a history with what is known of it: an order of its operations, or of as many as have one.
internal sealed record CheckedPart(HistoryValue Name, IReadOnlyList<HistoryOperation> Operations)
{
    public IReadOnlyList<OrderedOperation> Order { get; private set; } = [];

    // Those of the order that leave the state as it is.
    public IReadOnlySet<HistoryOperation> Observers { get; private set; } = new HashSet<HistoryOperation>();

    public void SetOrder(IReadOnlyList<SearchStep> order, StateTable table)
    {
        Order = [.. order.Select(step => new OrderedOperation(step.Operation, table.Describe(step.After)))];
        Observers = order.Where(step => step.Before == step.After).Select(step => step.Operation).ToHashSet();
    }
}
