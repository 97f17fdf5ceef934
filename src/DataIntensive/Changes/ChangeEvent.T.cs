namespace DataIntensive;

/// <summary>One change of one row.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TRow">The type of the rows. Treat them as immutable: consumers share them.</typeparam>
public sealed record ChangeEvent<TKey, TRow> : ChangeEvent
    where TKey : notnull
{
    /// <summary>The key of the row.</summary>
    public required TKey Key { get; init; }

    /// <summary>
    /// The row before an update or a delete; <c>default</c> where <see cref="HasBefore"/> is false. A table's updates and deletes always have it.
    /// </summary>
    public TRow? Before { get; init; }

    /// <summary>The row after the change; <c>default</c> where <see cref="HasAfter"/> is false.</summary>
    public TRow? After { get; init; }

    /// <summary>Whether <see cref="Before"/> is known: never for an insert, and never where a store is the source.</summary>
    public bool HasBefore { get; init; }

    /// <summary>Whether there is a row after the change: false for a delete only.</summary>
    public bool HasAfter => Operation != ChangeOperation.Delete;
}
