namespace DataIntensive.Testing;

/// <summary>What became of unflushed changes when the power was cut. The default value: nothing was unflushed.</summary>
/// <param name="Kept">Pieces of writes, each within one sector, and changes of length that reached the disk.</param>
/// <param name="Lost">Those that did not.</param>
/// <param name="Torn">Pieces that reached it in part.</param>
/// <param name="NamesKept">Creations and deletions that reached the disk.</param>
/// <param name="NamesLost">Those that did not.</param>
public readonly record struct PowerCutReport(int Kept, int Lost, int Torn, int NamesKept, int NamesLost);
