using System.Numerics;

namespace DataIntensive.Stores;

// The newest version of each key, with the older ones behind it: an open hash table with one writer, who holds the sequencer, and readers
// without a lock. A place belongs to its key for good, also when the key is gone; growing leaves the old places as they are. So a reader
// may miss what was written after it began, which is newer than any position that it may read.
internal sealed class VersionTable<TKey, TValue>
    where TKey : notnull
{
    private const int FirstSize = 8;

    private static readonly StoreVersionNode<TKey, TValue> Gone = new(default!, default, 0, 0, null);

    // Null for value types, whose own equality the JIT calls directly.
    private readonly EqualityComparer<TKey>? _comparer = typeof(TKey).IsValueType ? null : EqualityComparer<TKey>.Default;

    private Slot[] _slots = new Slot[FirstSize];
    private int _used;
    private int _count;

    public int Count => Volatile.Read(ref _count);

    // Null when the key has none.
    public StoreVersionNode<TKey, TValue>? Newest(TKey key)
    {
        int hash = HashOf(key);
        Slot[] slots = Volatile.Read(ref _slots);
        for (uint index = FirstIndex(hash, slots.Length); ; index++)
        {
            ref Slot slot = ref slots[index & ((uint)slots.Length - 1)];
            StoreVersionNode<TKey, TValue>? node = Volatile.Read(ref slot.Newest);
            if (node is null)
            {
                return null;
            }

            if (slot.Hash == hash && AreEqual(node.Key, key) && !ReferenceEquals(node, Gone))
            {
                return node;
            }
        }
    }

    // Those there are when it begins, in no order; of a key that is written meanwhile either version.
    public IEnumerable<StoreVersionNode<TKey, TValue>> All()
    {
        Slot[] slots = Volatile.Read(ref _slots);
        for (int i = 0; i < slots.Length; i++)
        {
            if (Volatile.Read(ref slots[i].Newest) is { } node && !ReferenceEquals(node, Gone))
            {
                yield return node;
            }
        }
    }

    public void Put_NeedsSequencer(StoreVersionNode<TKey, TValue> node)
    {
        int hash = HashOf(node.Key);
        ref Slot slot = ref Find_NeedsSequencer(node.Key, hash);
        if (slot.Newest is null)
        {
            if ((_used + 1) * 3L > _slots.Length * 2L)
            {
                Rebuild_NeedsSequencer(_count + 1);
                slot = ref Find_NeedsSequencer(node.Key, hash);
            }

            // Who sees the node sees the hash.
            slot.Hash = hash;
            _used++;
            _count++;
        }

        Volatile.Write(ref slot.Newest, node);
    }

    public void Remove_NeedsSequencer(TKey key)
    {
        ref Slot slot = ref Find_NeedsSequencer(key, HashOf(key));
        if (slot.Newest is not null)
        {
            Volatile.Write(ref slot.Newest, Gone);
            _count--;
        }
    }

    // For as many keys as are about to come.
    public void Reserve_NeedsSequencer(int keys)
    {
        if (keys > _count)
        {
            Rebuild_NeedsSequencer(keys);
        }
    }

    private ref Slot Find_NeedsSequencer(TKey key, int hash)
    {
        Slot[] slots = _slots;
        for (uint index = FirstIndex(hash, slots.Length); ; index++)
        {
            ref Slot slot = ref slots[index & ((uint)slots.Length - 1)];
            if (slot.Newest is not { } node || (slot.Hash == hash && !ReferenceEquals(node, Gone) && AreEqual(node.Key, key)))
            {
                return ref slot;
            }
        }
    }

    // Without the places of keys that are gone; between a third and two thirds full.
    private void Rebuild_NeedsSequencer(int keys)
    {
        Slot[] old = _slots;
        Slot[] slots = new Slot[Math.Max(FirstSize, checked((int)BitOperations.RoundUpToPowerOf2((uint)((keys * 3L / 2) + 1))))];
        foreach (Slot slot in old)
        {
            if (slot.Newest is null || ReferenceEquals(slot.Newest, Gone))
            {
                continue;
            }

            uint index = FirstIndex(slot.Hash, slots.Length);
            while (slots[index & ((uint)slots.Length - 1)].Newest is not null)
            {
                index++;
            }

            slots[index & ((uint)slots.Length - 1)] = slot;
        }

        _used = _count;
        Volatile.Write(ref _slots, slots);
    }

    private int HashOf(TKey key)
    {
        if (typeof(TKey).IsValueType)
        {
            return key.GetHashCode();
        }

        ArgumentNullException.ThrowIfNull(key);
        return _comparer!.GetHashCode(key);
    }

    private bool AreEqual(TKey left, TKey right) =>
        typeof(TKey).IsValueType ? EqualityComparer<TKey>.Default.Equals(left, right) : _comparer!.Equals(left, right);

    // The high bits of a product depend on all bits of the hash: neighbouring numbers do not stand in one run.
    private static uint FirstIndex(int hash, int length) => (uint)(((uint)hash * 0x9E3779B97F4A7C15UL) >> (64 - BitOperations.Log2((uint)length)));

    private struct Slot
    {
        public int Hash;
        public StoreVersionNode<TKey, TValue>? Newest;
    }
}
