namespace DataIntensive.Stores;

// One write of a key. The newest stands first, and is there from the moment it was sequenced: readers pass over the nodes that
// are newer than what they may see. A node that nobody can ask for any more is cut off behind its successor.
internal sealed class StoreVersionNode<TKey, TValue>(TKey key, TValue? value, long revision, long version, StoreVersionNode<TKey, TValue>? previous)
{
    private StoreVersionNode<TKey, TValue>? _previous = previous;

    public TKey Key => key;

    public TValue? Value => value;

    public long Revision => revision;

    // 0 for a delete.
    public long Version => version;

    public bool Exists => version != 0;

    // What its record takes in the log; 0 for a delete.
    public int RecordBytes { get; init; }

    // 0: it does not end by itself.
    public long DeadlineTicks { get; init; }

    // The key's place in the order of keys, in a store that has one.
    public StoreKeyPlace<TKey, TValue>? Place { get; set; }

    public StoreVersionNode<TKey, TValue>? Previous => Volatile.Read(ref _previous);

    public StoreEntry<TValue> Entry => Exists ? new StoreEntry<TValue>(value, new Revision(revision), version) { DeadlineTicks = DeadlineTicks } : default;

    // The version that counted at a position; null when there was none, or when it was forgotten.
    public StoreVersionNode<TKey, TValue>? At(long position)
    {
        StoreVersionNode<TKey, TValue>? node = this;
        while (node is not null && node.Revision > position)
        {
            node = node.Previous;
        }

        return node;
    }

    public void ForgetPrevious() => Volatile.Write(ref _previous, null);
}
