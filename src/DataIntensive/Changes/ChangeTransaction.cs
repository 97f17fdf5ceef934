namespace DataIntensive;

/// <summary>The changes of one commit: always all of those that the reader asked for. The default is a commit before the first, without changes.</summary>
/// <param name="Position">The position of the commit. Reading on after it continues without a gap.</param>
/// <param name="Timestamp">When the log took it, by its clock.</param>
/// <param name="Changes">The changes in their order; none when the commit only tells how far the source has come.</param>
public readonly record struct ChangeTransaction(LogPosition Position, DateTimeOffset Timestamp, IReadOnlyList<ChangeEvent> Changes)
{
    /// <summary>The changes in their order; none when the commit only tells how far the source has come.</summary>
    public IReadOnlyList<ChangeEvent> Changes { get => field ?? []; init; } = Changes;
}
