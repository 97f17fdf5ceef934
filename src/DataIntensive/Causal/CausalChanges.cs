using DataIntensive.Transactions;

namespace DataIntensive.Causal;

// The updates of one commit, in causal order.
internal sealed class CausalChanges<TKey, TValue>(CausalState<TKey, TValue> state) : StateChanges
    where TKey : notnull
{
    private readonly List<CausalUpdate<TKey, TValue>> _updates = [];

    public void Add(CausalUpdate<TKey, TValue> update) => _updates.Add(update);

    // Only functions inside the sequencer write here: what they read still holds.
    public override TransactionConflict? Validate_NeedsSequencer(TransactionIsolation isolation, LogPosition snapshot) => null;

    public override void Stage_NeedsSequencer(LogPosition first)
    {
        foreach (CausalUpdate<TKey, TValue> update in _updates)
        {
            state.Stage_NeedsSequencer(update);
        }
    }

    public override void Publish()
    {
        foreach (CausalUpdate<TKey, TValue> update in _updates)
        {
            state.Visible.Apply(update);
        }
    }
}
