using DataIntensive.Changes;

namespace DataIntensive;

/// <summary>Records the changes of a table in a database's log.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TRow">The type of the rows. Treat them as immutable.</typeparam>
/// <inheritdoc cref="IChangeProducer{TKey,TRow}" path="/remarks"/>
public sealed class DatabaseChangeProducer<TKey, TRow> : IChangeProducer<TKey, TRow>
    where TKey : notnull
{
    private readonly TableState<TKey, TRow> _state;

    internal DatabaseChangeProducer(TableState<TKey, TRow> state) => _state = state;

    /// <inheritdoc />
    public string Table => _state.Name;

    /// <inheritdoc />
    public ValueTask<ChangePosition> InsertAsync(TKey key, TRow row, CancellationToken cancellationToken = default) =>
        RecordAsync(static (table, change) => table.Insert(change.Key, change.After!), key, before: default, row, cancellationToken);

    /// <inheritdoc />
    public ValueTask<ChangePosition> UpdateAsync(TKey key, TRow before, TRow after, CancellationToken cancellationToken = default) =>
        RecordAsync(static (table, change) => table.Update(change.Key, change.Before!, change.After!), key, before, after, cancellationToken);

    /// <inheritdoc />
    public ValueTask<ChangePosition> DeleteAsync(TKey key, TRow before, CancellationToken cancellationToken = default) =>
        RecordAsync(static (table, change) => table.Delete(change.Key, change.Before!), key, before, after: default, cancellationToken);

    internal TableTransaction<TKey, TRow> Join(DatabaseTransaction transaction) => new(_state, transaction);

    private async ValueTask<ChangePosition> RecordAsync(
        Action<TableTransaction<TKey, TRow>, (TKey Key, TRow? Before, TRow? After)> record,
        TKey key,
        TRow? before,
        TRow? after,
        CancellationToken cancellationToken)
    {
        (_, LogPosition commit) = await _state.Database.RunInSequencerAsync(
            static (transaction, call) =>
            {
                call.Record(call.Producer.Join(transaction), call.Change);
                return true;
            },
            (Producer: this, Record: record, Change: (key, before, after)),
            durability: null,
            cancellationToken).ConfigureAwait(false);
        return new ChangePosition(commit, Index: 0);
    }
}
