namespace DataIntensive;

/// <summary>Another commit changed what a transaction had relied on. Nothing was written. Run it again on what is there now.</summary>
public sealed class TransactionConflictException : DataIntensiveException
{
    internal TransactionConflictException(TransactionConflict conflict, int attempts)
        : base(attempts > 1 ? $"The transaction conflicted {attempts} times, the last time so: {conflict}" : $"The transaction conflicted: {conflict}") =>
        Conflict = conflict;

    /// <summary>What collided.</summary>
    public TransactionConflict Conflict { get; }
}
