namespace DataIntensive;

/// <summary>A precondition of a transaction that no longer held.</summary>
/// <param name="Owner">Whose: for example <c>store 'stock'</c>.</param>
/// <param name="Key">The key or stream, as text.</param>
/// <param name="Position">The position of the commit that changed it; <c>default</c> when it was not there at all.</param>
public sealed record TransactionConflict(string Owner, string Key, LogPosition Position)
{
    /// <summary>Says what collided.</summary>
    public override string ToString() => $"'{Key}' of {Owner} was changed at position {Position}.";
}
