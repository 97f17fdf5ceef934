namespace DataIntensive;

/// <summary>A kept state, as it is stored.</summary>
/// <param name="Version">The version of the stream that it belongs to.</param>
/// <param name="Data">The state with what proves that it belongs there; checked by whoever reads it.</param>
public sealed record FoldSnapshot(long Version, ReadOnlyMemory<byte> Data);
