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

    // The form in which a state snapshot keeps it; 0: it is not kept there, and is replayed from all its records. What was once written
    // in a form stays readable.
    public virtual byte SnapshotForm => 0;

    // The oldest of its records that it will read again although a state snapshot holds the state: nothing at or behind it may be
    // trimmed. Null when it reads none.
    public virtual LogPosition? NeededFrom => null;

    // Who else reads the log behind a position, of whatever owner: nothing there may be trimmed or compacted away.
    public virtual IEnumerable<LogHolder> Holders => [];

    // Whether compaction may take records away that only state snapshots stand for. Whoever reads them again must then ask the database
    // whether the history is gone.
    public virtual bool LosesHistory => false;

    public abstract void Replay(in LogRecord record);

    // Writes what it is at a position, while commits go on. A snapshot is open there, so that nothing of it is forgotten.
    public virtual void WriteSnapshot(StateSnapshotWriter writer, LogPosition at) =>
        throw new NotSupportedException($"The {this} is not kept in state snapshots.");

    // Called once, when it is empty. Replay goes on with what stands behind the position.
    public virtual void ReadSnapshot(StateSnapshotReader reader, byte form, LogPosition at) =>
        throw new NotSupportedException($"The {this} is not kept in state snapshots.");

    // Whether a record may not be compacted away, when state snapshots hold the state behind the record. Asked from another thread than
    // the sequencer's. What is not alive will never be again.
    public virtual bool IsAlive(in LogRecord record) => true;

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
