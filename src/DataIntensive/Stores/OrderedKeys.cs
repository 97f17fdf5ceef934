namespace DataIntensive.Stores;

// The keys of a store in order: a skip list with one writer, which holds the sequencer, and readers that take no lock. A node that was
// taken out keeps its links, so whoever stands on it goes on to what was behind it then. What was put in meanwhile in between it misses,
// but that is newer than any position it may read: a key is taken out only when no open position has it any more.
internal sealed class OrderedKeys<TKey>(IComparer<TKey> order)
    where TKey : notnull
{
    private const int MaxHeight = 16;

    private readonly Node _head = new(default!, MaxHeight);
    private uint _coin = 2463534242;

    public IComparer<TKey> Order => order;

    public void Add_NeedsSequencer(TKey key)
    {
        Node node = new(key, NextHeight());
        Span<Node> before = new Node[node.Next.Length];
        FindLastBefore(key, before);
        for (int level = 0; level < before.Length; level++)
        {
            node.Next[level] = before[level].Next[level];
        }

        // From the bottom up: who finds the node on its way down finds it below too.
        for (int level = 0; level < before.Length; level++)
        {
            Volatile.Write(ref before[level].Next[level], node);
        }
    }

    public void Remove_NeedsSequencer(TKey key)
    {
        Node[] before = new Node[MaxHeight];
        FindLastBefore(key, before);
        for (int level = MaxHeight - 1; level >= 0; level--)
        {
            // Keys that compare equal stand beside each other, in no order.
            Node last = before[level];
            Node? next = last.Next[level];
            while (next is not null && !EqualityComparer<TKey>.Default.Equals(next.Key, key) && order.Compare(next.Key, key) == 0)
            {
                last = next;
                next = last.Next[level];
            }

            if (next is not null && EqualityComparer<TKey>.Default.Equals(next.Key, key))
            {
                Volatile.Write(ref last.Next[level], next.Next[level]);
            }
        }
    }

    public IEnumerable<TKey> Within(KeyRange<TKey> range)
    {
        Node? node = _head;
        for (int level = MaxHeight - 1; level >= 0; level--)
        {
            while (range.HasFrom && level < node.Next.Length && Volatile.Read(ref node.Next[level]) is { } next && range.IsBefore(next.Key, order))
            {
                node = next;
            }
        }

        for (node = Volatile.Read(ref node.Next[0]); node is not null && !range.IsBehind(node.Key, order); node = Volatile.Read(ref node.Next[0]))
        {
            yield return node.Key;
        }
    }

    private void FindLastBefore(TKey key, Span<Node> before)
    {
        Node node = _head;
        for (int level = MaxHeight - 1; level >= 0; level--)
        {
            while (node.Next[level] is { } next && order.Compare(next.Key, key) < 0)
            {
                node = next;
            }

            if (level < before.Length)
            {
                before[level] = node;
            }
        }
    }

    // One node in four is a level higher. The coin is no secret: who chooses keys does not choose heights.
    private int NextHeight()
    {
        _coin ^= _coin << 13;
        _coin ^= _coin >> 17;
        _coin ^= _coin << 5;
        int height = 1;
        for (uint rest = _coin; (rest & 3) == 0 && height < MaxHeight; rest >>= 2)
        {
            height++;
        }

        return height;
    }

    private sealed class Node(TKey key, int height)
    {
        public readonly Node?[] Next = new Node?[height];

        public TKey Key => key;
    }
}
