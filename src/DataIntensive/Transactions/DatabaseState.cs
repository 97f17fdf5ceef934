namespace DataIntensive;

/// <summary>Whether a database takes writes.</summary>
/// <param name="Health">Whether it does.</param>
/// <param name="Reason">Why not; null when it does.</param>
public sealed record DatabaseState(DatabaseHealth Health, Exception? Reason = null);
