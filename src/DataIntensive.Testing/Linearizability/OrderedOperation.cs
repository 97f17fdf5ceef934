namespace DataIntensive.Testing;

/// <summary>An operation at its place in an order, with the state that it leaves.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="StateAfter">The state, as the model describes it.</param>
public sealed record OrderedOperation(HistoryOperation Operation, string StateAfter);
