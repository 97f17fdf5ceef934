using DataIntensive.Changes;

namespace DataIntensive;

/// <summary>A table's side of one transaction: the changes recorded through it are part of the transaction's commit.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TRow">The type of the rows.</typeparam>
public readonly struct TableTransaction<TKey, TRow>
    where TKey : notnull
{
    private readonly TableState<TKey, TRow> _state;
    private readonly DatabaseTransaction _transaction;

    internal TableTransaction(TableState<TKey, TRow> state, DatabaseTransaction transaction)
    {
        _state = state;
        _transaction = transaction;
    }

    /// <summary>Records that a row came into being.</summary>
    /// <exception cref="ArgumentException">A codec cannot write it.</exception>
    /// <exception cref="InvalidOperationException">The transaction is over, or another database's.</exception>
    public void Insert(TKey key, TRow row)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(row);
        _state.Append(_transaction, ChangeOperation.Insert, key, before: default, row);
    }

    /// <summary>Records that a row was replaced.</summary>
    /// <inheritdoc cref="Insert" path="/exception"/>
    public void Update(TKey key, TRow before, TRow after)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        _state.Append(_transaction, ChangeOperation.Update, key, before, after);
    }

    /// <summary>Records that a row is gone.</summary>
    /// <inheritdoc cref="Insert" path="/exception"/>
    public void Delete(TKey key, TRow before)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(before);
        _state.Append(_transaction, ChangeOperation.Delete, key, before, after: default);
    }
}
