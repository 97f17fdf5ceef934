namespace DataIntensive.Events;

// The states of the streams that were asked for last. They are of events that were read back from the store, never of events that a
// caller is about to append, so a failed commit leaves nothing here; and whoever goes on from one looks at the stream first.
internal sealed class FoldCache<TState>(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Store, string Tenant, StreamId Stream), LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new();

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    public FoldPoint<TState>? Find(FoldSource source, StreamId stream)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue((source.Store, source.Tenant, stream), out LinkedListNode<Entry>? node))
            {
                return null;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Point;
        }
    }

    public void Put(FoldSource source, StreamId stream, FoldPoint<TState> point)
    {
        if (capacity == 0)
        {
            return;
        }

        (string Store, string Tenant, StreamId Stream) key = (source.Store, source.Tenant, stream);
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out LinkedListNode<Entry>? node))
            {
                node.Value = new Entry(key, point);
                return;
            }

            if (_entries.Count == capacity)
            {
                _entries.Remove(_byUse.Last!.Value.Key);
                _byUse.RemoveLast();
            }

            _entries.Add(key, _byUse.AddFirst(new Entry(key, point)));
        }
    }

    private readonly record struct Entry((string Store, string Tenant, StreamId Stream) Key, FoldPoint<TState> Point);
}
