using System.Runtime.CompilerServices;

namespace DataIntensive.Stores;

// An open hash table whose places hold their entries themselves: a read touches one place, and copies it without a lock. Each stripe is
// a table of its own, so that growing copies a 64th of the keys. Linear probing; a deleted key keeps its place until its stripe is built
// anew, which is when two thirds of the places were used, or when few of those that were used still hold a key.
internal sealed class StripedTable<TKey, TContent>
    where TKey : notnull
    where TContent : struct
{
    public const int Stripes = 64;

    private const int FirstSize = 8;
    private const int StripeShift = 58;
    private const int IndexShift = 26;

    private static readonly StoreSlot<TKey, TContent>[] Nothing = new StoreSlot<TKey, TContent>[1];

    private readonly Stripe[] _stripes = new Stripe[Stripes];
    private readonly StripeGate[] _gates = new StripeGate[Stripes];

    // Null for value types, whose own equality the JIT calls directly.
    private readonly EqualityComparer<TKey>? _comparer = typeof(TKey).IsValueType ? null : EqualityComparer<TKey>.Default;

    public StripedTable()
    {
        foreach (ref Stripe stripe in _stripes.AsSpan())
        {
            stripe.Slots = Nothing;
        }
    }

    public static int StripeOf(int hash) => (int)(Spread(hash) >> StripeShift);

    public int HashOf(TKey key)
    {
        if (typeof(TKey).IsValueType)
        {
            return key.GetHashCode();
        }

        ArgumentNullException.ThrowIfNull(key);
        return _comparer!.GetHashCode(key);
    }

    public SlotCopy<TContent> Read(TKey key, int hash)
    {
        ref StoreSlot<TKey, TContent> slot = ref TryFind(key, hash, out long state);
        return state == 0 ? default : Copy(ref slot, state);
    }

    // The key's place, which a write may change at any moment, and what its State was; 0, and a place that is not the key's, when it
    // has none.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref StoreSlot<TKey, TContent> TryFind(TKey key, int hash, out long state)
    {
        // A stripe that is built anew at this moment leaves the old places as they were: what they hold was so when this read began.
        ulong spread = Spread(hash);
        StoreSlot<TKey, TContent>[] slots = Volatile.Read(ref _stripes[(int)(spread >> StripeShift)].Slots);
        for (uint index = (uint)(spread >> IndexShift); ; index++)
        {
            ref StoreSlot<TKey, TContent> slot = ref slots[index & ((uint)slots.Length - 1)];
            state = Volatile.Read(ref slot.State);
            if (state == 0 || (slot.Hash == hash && AreEqual(slot.Key, key)))
            {
                return ref slot;
            }
        }
    }

    public void Enter(int stripe) => _gates[stripe].Enter();

    public void Exit(int stripe) => _gates[stripe].Exit();

    // Enters the stripes whose bits are set, always in the same order, so that two who do cannot stop each other.
    public void EnterAll(ulong stripes)
    {
        for (int stripe = 0; stripe < Stripes; stripe++)
        {
            if ((stripes & (1UL << stripe)) != 0)
            {
                Enter(stripe);
            }
        }
    }

    public void ExitAll(ulong stripes)
    {
        for (int stripe = 0; stripe < Stripes; stripe++)
        {
            if ((stripes & (1UL << stripe)) != 0)
            {
                Exit(stripe);
            }
        }
    }

    // The key's place; a fresh one, State 0, for a key without one.
    public ref StoreSlot<TKey, TContent> Find_NeedsStripe(TKey key, int hash)
    {
        ulong spread = Spread(hash);
        StoreSlot<TKey, TContent>[] slots = _stripes[spread >> StripeShift].Slots;
        uint index = (uint)(spread >> IndexShift);
        while (true)
        {
            ref StoreSlot<TKey, TContent> slot = ref slots[index & ((uint)slots.Length - 1)];
            if (slot.State == 0 || (slot.Hash == hash && AreEqual(slot.Key, key)))
            {
                return ref slot;
            }

            index++;
        }
    }

    public void Write_NeedsStripe(ref StoreSlot<TKey, TContent> slot, TKey key, int hash, in TContent content, long revision) =>
        EndWrite(ref BeginWrite_NeedsStripe(ref slot, key, hash), content, revision);

    // Takes the key's place: whoever reads it from here on waits for the end of the write, which is to come at once.
    public ref StoreSlot<TKey, TContent> BeginWrite_NeedsStripe(ref StoreSlot<TKey, TContent> slot, TKey key, int hash)
    {
        ref StripeGate gate = ref _gates[StripeOf(hash)];
        gate.Live += slot.Revision_NeedsStripe == 0 ? 1 : 0;
        if (slot.State != 0)
        {
            BeginWrite(ref slot);
            return ref slot;
        }

        ref StoreSlot<TKey, TContent> fresh = ref Room_NeedsStripe(ref slot, key, hash);
        fresh.Hash = hash;
        fresh.Key = key;
        gate.Used++;
        Volatile.Write(ref fresh.State, StoreSlot<TKey, TContent>.Busy);
        Volatile.WriteBarrier();
        return ref fresh;
    }

    public static void EndWrite(ref StoreSlot<TKey, TContent> slot, in TContent content, long revision)
    {
        slot.Content = content;
        Volatile.Write(ref slot.State, StoreSlot<TKey, TContent>.Written(revision));
    }

    public void Delete_NeedsStripe(ref StoreSlot<TKey, TContent> slot, int hash, long revision)
    {
        BeginWrite(ref slot);
        slot.Content = default;
        Volatile.Write(ref slot.State, StoreSlot<TKey, TContent>.Deleted(revision));

        ref StripeGate gate = ref _gates[StripeOf(hash)];
        gate.Live--;
        if (gate.Used > FirstSize * 4 && gate.Live < gate.Used / 4)
        {
            Rebuild_NeedsStripe(StripeOf(hash));
        }
    }

    // How many keys there are, about: stripes are not stopped for it.
    public int Count
    {
        get
        {
            int count = 0;
            foreach (ref StripeGate gate in _gates.AsSpan())
            {
                count += Volatile.Read(ref gate.Live);
            }

            return count;
        }
    }

    // The keys that are there when their stripe's turn comes, in no order; of a key that is written meanwhile either content.
    public IEnumerable<(TKey Key, SlotCopy<TContent> Copy)> All()
    {
        for (int stripe = 0; stripe < Stripes; stripe++)
        {
            StoreSlot<TKey, TContent>[] slots = Volatile.Read(ref _stripes[stripe].Slots);
            for (int i = 0; i < slots.Length; i++)
            {
                long state = Volatile.Read(ref slots[i].State);
                if (state != 0 && Copy(ref slots[i], state) is { Revision: not 0 } copy)
                {
                    yield return (slots[i].Key, copy);
                }
            }
        }
    }

    // For as many keys as are about to come, while nobody else is there.
    public void Reserve(int keys)
    {
        for (int stripe = 0; stripe < Stripes; stripe++)
        {
            Rebuild_NeedsStripe(stripe, keys / Stripes);
        }
    }

    // The upper bits of the product depend on all bits of the hash: keys that count up, or in strides, spread evenly.
    private static ulong Spread(int hash) => (uint)hash * 0x9E3779B97F4A7C15;

    private static SlotCopy<TContent> Copy(ref StoreSlot<TKey, TContent> slot, long state)
    {
        SpinWait spin = default;
        while (true)
        {
            if ((state & StoreSlot<TKey, TContent>.Absent) != 0)
            {
                return default;
            }

            if ((state & StoreSlot<TKey, TContent>.Busy) == 0)
            {
                TContent content = slot.Content;
                Volatile.ReadBarrier();
                if (Volatile.Read(ref slot.State) == state)
                {
                    return new SlotCopy<TContent>(StoreSlot<TKey, TContent>.RevisionOf(state), content);
                }
            }

            // A writer is between its stores. It has no more than a few left, but may have been interrupted there.
            spin.SpinOnce(sleep1Threshold: -1);
            state = Volatile.Read(ref slot.State);
        }
    }

    // Whoever copies the place from here on throws the copy away. Without the barrier the new content could be seen before this.
    private static void BeginWrite(ref StoreSlot<TKey, TContent> slot)
    {
        slot.State = (slot.State & ~StoreSlot<TKey, TContent>.Absent) | StoreSlot<TKey, TContent>.Busy;
        Volatile.WriteBarrier();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool AreEqual(TKey left, TKey right) =>
        typeof(TKey).IsValueType ? EqualityComparer<TKey>.Default.Equals(left, right) : _comparer!.Equals(left, right);

    // A free place for a new key, in a larger table when this one is two thirds used.
    private ref StoreSlot<TKey, TContent> Room_NeedsStripe(ref StoreSlot<TKey, TContent> free, TKey key, int hash)
    {
        int stripe = StripeOf(hash);
        if ((_gates[stripe].Used + 1L) * 3 <= _stripes[stripe].Slots.Length * 2L)
        {
            return ref free;
        }

        Rebuild_NeedsStripe(stripe);
        return ref Find_NeedsStripe(key, hash);
    }

    private void Rebuild_NeedsStripe(int stripe, int keys = 0)
    {
        ref StripeGate gate = ref _gates[stripe];
        long size = FirstSize;
        while ((Math.Max(gate.Live, keys) + 1L) * 8 > size * 3)
        {
            size *= 2;
        }

        StoreSlot<TKey, TContent>[] slots = new StoreSlot<TKey, TContent>[size];
        foreach (ref StoreSlot<TKey, TContent> slot in _stripes[stripe].Slots.AsSpan())
        {
            if (slot.Revision_NeedsStripe != 0)
            {
                uint index = (uint)(Spread(slot.Hash) >> IndexShift);
                while (slots[index & (slots.Length - 1)].State != 0)
                {
                    index++;
                }

                slots[index & (slots.Length - 1)] = slot;
            }
        }

        gate.Used = gate.Live;
        Volatile.Write(ref _stripes[stripe].Slots, slots);
    }

    // A struct around the array spares the type check that an element of an array of arrays takes.
    private struct Stripe
    {
        public StoreSlot<TKey, TContent>[] Slots;
    }
}
