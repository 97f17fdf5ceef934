namespace DataIntensive.Testing;

/// <summary>One step of a cycle: why a transaction must come before another.</summary>
/// <param name="From">The one.</param>
/// <param name="To">The other.</param>
/// <param name="Kind">Why.</param>
/// <param name="Key">The key it is about; null for the orders of processes and of real time.</param>
/// <param name="Text">The reason in words.</param>
public sealed record TransactionDependency(TransactionRecord From, TransactionRecord To, DependencyKind Kind, string? Key, string Text);
