namespace DataIntensive.Testing;

/// <summary>A session guarantee that a history breaks, with the operations that show it.</summary>
/// <param name="Guarantee">The guarantee.</param>
/// <param name="Operations">The operations, the offending read last.</param>
/// <param name="Text">All of it in words.</param>
public sealed record SessionViolation(SessionGuarantee Guarantee, IReadOnlyList<SessionOperation> Operations, string Text);
