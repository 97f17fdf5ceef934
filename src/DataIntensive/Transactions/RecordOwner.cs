namespace DataIntensive.Transactions;

// Whose records have a tag, as the log says it.
internal sealed class RecordOwner(string kind, string name, string type)
{
    // Of records that nobody has counted.
    public const long Unknown = -1;

    public string Kind => kind;

    public string Name => name;

    public string Type => type;

    // Null when the schema does not declare it.
    public DerivedState? State { get; init; }

    // How many records there are; kept for owners that are not declared.
    public long Records { get; set; } = Unknown;

    // Behind this position all of its records are there; at or before it some may have been compacted away.
    public LogPosition HistoryAfter { get; set; }

    // Up to where a state snapshot holds the state, or the count.
    public LogPosition LoadedUpTo { get; set; }

    public override string ToString() => $"{kind} '{name}'";
}
