namespace DataIntensive.Logs;

/// <summary>The ends of a log at one moment. Always <c>First - 1 ≤ Durable ≤ Visible ≤ End</c>.</summary>
/// <param name="First">The oldest record still kept; one past <paramref name="End"/> when none is.</param>
/// <param name="Durable">The newest record known to be fsynced.</param>
/// <param name="Visible">The newest acknowledged record.</param>
/// <param name="End">The newest record that was given a position; it may still fail.</param>
public readonly record struct LogRange(LogPosition First, LogPosition Durable, LogPosition Visible, LogPosition End);
