namespace DataIntensive.Transactions;

// The blocks of one state in a state snapshot, in the order in which they were written.
internal abstract class StateSnapshotReader
{
    // False behind the last block of the state. Entries are whole; the bytes are valid until the next call.
    public abstract bool TryReadBlock(out ReadOnlyMemory<byte> entries);

    // Gives the bytes of the last block to the caller, who may hold them as long as he likes.
    public abstract void Keep();
}
