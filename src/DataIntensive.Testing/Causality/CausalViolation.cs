namespace DataIntensive.Testing;

/// <summary>A bad pattern in a history, with the operations that make it.</summary>
/// <param name="Pattern">The pattern.</param>
/// <param name="Violates">The levels that it rules out.</param>
/// <param name="Operations">The operations: of a circle in their order, otherwise the read last.</param>
/// <param name="Text">All of it in words.</param>
public sealed record CausalViolation(CausalPattern Pattern, IReadOnlyList<CausalLevel> Violates, IReadOnlyList<SessionOperation> Operations, string Text);
