namespace DataIntensive.Stores;

// One write of a key. The newest stands first, and is there from the moment it was sequenced: readers pass over the nodes that
// are newer than what they may see. A node that nobody can ask for any more is cut off behind its successor.
internal sealed class StoreVersionNode<TValue>(TValue? value, long revision, long version, StoreVersionNode<TValue>? previous)
{
    private StoreVersionNode<TValue>? _previous = previous;

    public TValue? Value => value;

    public long Revision => revision;

    // 0 for a delete.
    public long Version => version;

    public bool Exists => version != 0;

    // What its record takes in the log; 0 for a delete.
    public int RecordBytes { get; init; }

    // 0: it does not end by itself.
    public long DeadlineTicks { get; init; }

    public StoreVersionNode<TValue>? Previous => Volatile.Read(ref _previous);

    public StoreEntry<TValue> Entry => Exists ? new StoreEntry<TValue>(value, new Revision(revision), version) { DeadlineTicks = DeadlineTicks } : default;

    public void ForgetPrevious() => Volatile.Write(ref _previous, null);
}
