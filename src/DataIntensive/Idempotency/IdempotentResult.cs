namespace DataIntensive;

/// <summary>The result of an idempotent call, and where it comes from.</summary>
/// <typeparam name="T">The type of the result.</typeparam>
/// <param name="Value">What the operation returned.</param>
/// <param name="Outcome">Whether this call ran the operation.</param>
public readonly record struct IdempotentResult<T>(T Value, IdempotencyOutcome Outcome);
