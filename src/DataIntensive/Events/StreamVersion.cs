namespace DataIntensive;

/// <summary>A stream and its version.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Version">How many events were ever appended to it.</param>
public readonly record struct StreamVersion(StreamId Stream, long Version);
