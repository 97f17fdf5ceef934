using DataIntensive.Transactions;

namespace DataIntensive.Changes;

// A table records what it is told: nothing is read that could collide, and nothing becomes visible but the records themselves.
internal sealed class TableChanges : StateChanges
{
    public override TransactionConflict? Validate_NeedsSequencer(TransactionIsolation isolation, LogPosition snapshot) => null;

    public override void Stage_NeedsSequencer(LogPosition first)
    {
    }

    public override void Publish()
    {
    }
}
