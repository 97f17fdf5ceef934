namespace DataIntensive;

/// <summary>One change of one row, whatever its types. It is always a <see cref="ChangeEvent{TKey,TRow}"/>.</summary>
public abstract record ChangeEvent
{
    private ChangePosition _position;
    private bool _isLastInTransaction;

    private protected ChangeEvent()
    {
    }

    /// <summary>The name of the table.</summary>
    public required string Table { get; init; }

    /// <summary>What happened to the row.</summary>
    public required ChangeOperation Operation { get; init; }

    /// <summary>The identity of the change: the same each time it is delivered, and greater than that of every earlier one.</summary>
    public required ChangePosition Position
    {
        get => _position;
        init => _position = value;
    }

    /// <summary>When the log took the change, by its clock; never going back from one change to the next.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>
    /// Whether no further change of the same transaction is delivered to this reader. Only here may a position be saved: what is
    /// saved inside a transaction would have it delivered in halves.
    /// </summary>
    public bool IsLastInTransaction
    {
        get => _isLastInTransaction;
        init => _isLastInTransaction = value;
    }

    // A commit's position is known only at its last record. Called once, before the change is given out.
    internal void CommittedAt(LogPosition commit, bool isLast)
    {
        _position = _position with { Commit = commit };
        _isLastInTransaction = isLast;
    }
}
