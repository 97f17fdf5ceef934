using DataIntensive.Logs;
using DataIntensive.Stores;

namespace DataIntensive.Changes;

internal sealed class StoreChangeDecoder<TKey, TValue>(StoreState<TKey, TValue> state)
    : ChangeDecoder(new ChangeTable(state.Name, typeof(TKey), typeof(TValue)))
    where TKey : notnull
{
    public override uint Tag => state.Tag;

    protected override ChangeEvent DecodeCore(in LogRecord record, ChangePosition position)
    {
        state.TryDecode(record, out StoreChange<TKey, TValue> change);
        return new ChangeEvent<TKey, TValue>
        {
            Table = state.Name,
            Operation = change.IsDelete ? ChangeOperation.Delete : ChangeOperation.Upsert,
            Key = change.Key,
            After = change.Value,
            Position = position,
            Timestamp = record.Timestamp,
        };
    }
}
