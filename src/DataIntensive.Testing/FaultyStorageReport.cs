namespace DataIntensive.Testing;

/// <summary>
/// What a <see cref="FaultyStorage"/> was asked to do and what it did instead, at one moment. A test that wants a fault asserts here
/// that it happened.
/// </summary>
/// <param name="Seed">What decided every choice.</param>
/// <param name="Operations">Writes, flushes, creations, deletions, changes of length and flushes of names together.</param>
/// <param name="Writes">Writes, failed ones too.</param>
/// <param name="Flushes">Flushes of files, failed ones too.</param>
/// <param name="NameFlushes">Flushes of names.</param>
/// <param name="Creations">Files created.</param>
/// <param name="Deletions">Files deleted; deleting a file that is not there is counted too.</param>
/// <param name="LengthChanges">Calls that set a length.</param>
/// <param name="CrashedAt">The operation at which it crashed; null when it did not.</param>
/// <param name="FailedWrites">Writes that failed because the test asked for it.</param>
/// <param name="FailedFlushes">Flushes that failed because the test asked for it.</param>
/// <param name="RefusedForSpace">Writes and changes of length that did not fit.</param>
/// <param name="Damages">Damages done by the test that changed at least one byte.</param>
/// <param name="Cut">What the power cut that made this storage left; all zeros when none did.</param>
public sealed record FaultyStorageReport(
    ulong Seed,
    long Operations,
    long Writes,
    long Flushes,
    long NameFlushes,
    long Creations,
    long Deletions,
    long LengthChanges,
    long? CrashedAt,
    int FailedWrites,
    int FailedFlushes,
    int RefusedForSpace,
    int Damages,
    PowerCutReport Cut);
