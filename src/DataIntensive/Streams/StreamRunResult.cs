namespace DataIntensive;

/// <summary>What a completed run came to, over all its restarts.</summary>
/// <param name="Position">The position of the last record that was processed.</param>
/// <param name="LateEvents">How many events no window took, whether or not there was an output for them.</param>
public readonly record struct StreamRunResult(LogPosition Position, long LateEvents);
