namespace DataIntensive.Testing;

/// <summary>How one case came out.</summary>
/// <param name="Case">The case.</param>
/// <param name="Failure">What was wrong; null when it holds, or was skipped.</param>
/// <param name="WasSkipped">Whether it needs a crash that the target does not survive.</param>
public sealed record IdempotencyCaseResult(IdempotencyCase Case, Exception? Failure, bool WasSkipped);
