namespace DataIntensive.Transactions;

// What one transaction has read and written of one state. The records stand in the transaction's batch already; this is the
// rest: what must still hold, what the records mean, and what to do when they are durable.
internal abstract class StateChanges
{
    // False for what only frees space or keeps consumers going: it is written on a full disk too, out of the log's reserve.
    public virtual bool Grows => true;

    // By how much the state grows, or shrinks, when this is staged. Asked right before that.
    public virtual long GrowthBytes_NeedsSequencer() => 0;

    // Null when everything that was read still holds against the newest sequenced commits, durable or not.
    public abstract TransactionConflict? Validate_NeedsSequencer(TransactionIsolation isolation, LogPosition snapshot);

    // Fills in numbers that only the sequencer knows. Nothing may fail from here on but the append itself.
    public virtual void Prepare_NeedsSequencer()
    {
    }

    // The batch got its positions: record i of it stands at first + i. From now on later transactions are validated against it.
    public abstract void Stage_NeedsSequencer(LogPosition first);

    // Stages, makes the commit visible by Database.MakeVisible and publishes, all in one, where that is cheaper: this is all of a commit that
    // has nothing to wait for. False, with nothing done, where it is not.
    public virtual bool TryStageVisible_NeedsSequencer(LogPosition first, LogPosition last) => false;

    // The commit is durable, and visible to every reader. Called in log order, by one thread at a time.
    public abstract void Publish();
}
