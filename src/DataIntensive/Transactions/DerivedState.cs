using DataIntensive.Logs;

namespace DataIntensive.Transactions;

// A state that a database derives from its log. It owns the records with its tag: it writes them through transactions, and gets
// them back, in order, when the database is opened. There is one way in for both, so that replay and live run agree.
internal abstract class DerivedState(Database database, string kind, string name, string type)
{
    public Database Database => database;

    public string Kind => kind;

    public string Name => name;

    // What was declared, as it is stored and compared at the next open: names of codecs, never of CLR types.
    public string Type => type;

    // Assigned once in the life of a log.
    public uint Tag { get; set; }

    // What it takes in memory, as it counts itself; changed under the sequencer and while replaying.
    public long SizeBytes { get; private set; }

    // Whether reads need the records again after they were applied; a log in memory drops them otherwise.
    public virtual bool NeedsHistory => false;

    public abstract void Replay(in LogRecord record);

    public virtual void ReplayDone()
    {
    }

    protected void Resize_NeedsSequencer(long change)
    {
        SizeBytes += change;
        database.ResizeStates(change);
    }

    // The database is closing: nothing is written any more.
    public virtual void Stop()
    {
    }

    public override string ToString() => $"{kind} '{name}'";
}
