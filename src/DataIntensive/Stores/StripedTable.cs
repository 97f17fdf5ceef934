using System.Runtime.CompilerServices;

namespace DataIntensive.Stores;

// An open hash table whose places hold their entries themselves: a read touches one place, and copies it without a lock. Each stripe is
// a table of its own, so that growing copies a 64th of the keys. Linear probing; a deleted key keeps its place until its stripe is built
// anew, which is when two thirds of the places were used, or when few of those that were used still hold a key.
internal sealed class StripedTable<TKey, TValue>
    where TKey : notnull
{
    public const int Stripes = 64;

    private const int FirstSize = 8;
    private const int StripeShift = 58;
    private const int IndexShift = 26;

    private static readonly StoreSlot<TKey, TValue>[] Nothing = new StoreSlot<TKey, TValue>[1];

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

    public StoreEntry<TValue> Read(TKey key, int hash)
    {
        // A stripe that is built anew at this moment leaves the old places as they were: what they hold was so when this read began.
        ulong spread = Spread(hash);
        StoreSlot<TKey, TValue>[] slots = Volatile.Read(ref _stripes[spread >> StripeShift].Slots);
        for (uint index = (uint)(spread >> IndexShift); ; index++)
        {
            ref StoreSlot<TKey, TValue> slot = ref slots[index & ((uint)slots.Length - 1)];
            long state = Volatile.Read(ref slot.State);
            if (state == 0)
            {
                return default;
            }

            if (slot.Hash == hash && AreEqual(slot.Key, key))
            {
                return Copy(ref slot, state);
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
    public ref StoreSlot<TKey, TValue> Find_NeedsStripe(TKey key, int hash)
    {
        ulong spread = Spread(hash);
        StoreSlot<TKey, TValue>[] slots = _stripes[spread >> StripeShift].Slots;
        uint index = (uint)(spread >> IndexShift);
        while (true)
        {
            ref StoreSlot<TKey, TValue> slot = ref slots[index & ((uint)slots.Length - 1)];
            if (slot.State == 0 || (slot.Hash == hash && AreEqual(slot.Key, key)))
            {
                return ref slot;
            }

            index++;
        }
    }

    public void Write_NeedsStripe(ref StoreSlot<TKey, TValue> slot, TKey key, int hash, TValue value, long version, long revision)
    {
        ref StripeGate gate = ref _gates[StripeOf(hash)];
        if (slot.State == 0)
        {
            slot = ref Room_NeedsStripe(ref slot, key, hash);
            slot.Hash = hash;
            slot.Key = key;
            gate.Used++;
        }
        else
        {
            BeginWrite(ref slot);
        }

        if (version == 1)
        {
            gate.Live++;
        }

        slot.Value = value;
        slot.Version = version;
        Volatile.Write(ref slot.State, StoreSlot<TKey, TValue>.Written(revision));
    }

    public void Delete_NeedsStripe(ref StoreSlot<TKey, TValue> slot, int hash, long revision)
    {
        BeginWrite(ref slot);
        slot.Value = default;
        slot.Version = 0;
        Volatile.Write(ref slot.State, StoreSlot<TKey, TValue>.Deleted(revision));

        ref StripeGate gate = ref _gates[StripeOf(hash)];
        gate.Live--;
        if (gate.Used > FirstSize * 4 && gate.Live < gate.Used / 4)
        {
            Rebuild_NeedsStripe(StripeOf(hash));
        }
    }

    public void CopyTo_NeedsStripe(int stripe, List<KeyValuePair<TKey, StoreEntry<TValue>>> entries)
    {
        foreach (ref StoreSlot<TKey, TValue> slot in _stripes[stripe].Slots.AsSpan())
        {
            if (slot.Entry_NeedsStripe is { Exists: true } entry)
            {
                entries.Add(new KeyValuePair<TKey, StoreEntry<TValue>>(slot.Key, entry));
            }
        }
    }

    // The upper bits of the product depend on all bits of the hash: keys that count up, or in strides, spread evenly.
    private static ulong Spread(int hash) => (uint)hash * 0x9E3779B97F4A7C15;

    private static StoreEntry<TValue> Copy(ref StoreSlot<TKey, TValue> slot, long state)
    {
        SpinWait spin = default;
        while (true)
        {
            if ((state & StoreSlot<TKey, TValue>.Absent) != 0)
            {
                return default;
            }

            if ((state & StoreSlot<TKey, TValue>.Busy) == 0)
            {
                TValue? value = slot.Value;
                long version = slot.Version;
                Volatile.ReadBarrier();
                if (Volatile.Read(ref slot.State) == state)
                {
                    return new StoreEntry<TValue>(value, new Revision(StoreSlot<TKey, TValue>.RevisionOf(state)), version);
                }
            }

            // A writer is between its stores. It has no more than a few left, but may have been interrupted there.
            spin.SpinOnce(sleep1Threshold: -1);
            state = Volatile.Read(ref slot.State);
        }
    }

    // Whoever copies the place from here on throws the copy away. Without the barrier the new content could be seen before this.
    private static void BeginWrite(ref StoreSlot<TKey, TValue> slot)
    {
        slot.State = (slot.State & ~StoreSlot<TKey, TValue>.Absent) | StoreSlot<TKey, TValue>.Busy;
        Volatile.WriteBarrier();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool AreEqual(TKey left, TKey right) =>
        typeof(TKey).IsValueType ? EqualityComparer<TKey>.Default.Equals(left, right) : _comparer!.Equals(left, right);

    // A free place for a new key, in a larger table when this one is two thirds used.
    private ref StoreSlot<TKey, TValue> Room_NeedsStripe(ref StoreSlot<TKey, TValue> free, TKey key, int hash)
    {
        int stripe = StripeOf(hash);
        if ((_gates[stripe].Used + 1L) * 3 <= _stripes[stripe].Slots.Length * 2L)
        {
            return ref free;
        }

        Rebuild_NeedsStripe(stripe);
        return ref Find_NeedsStripe(key, hash);
    }

    private void Rebuild_NeedsStripe(int stripe)
    {
        ref StripeGate gate = ref _gates[stripe];
        long size = FirstSize;
        while ((gate.Live + 1L) * 8 > size * 3)
        {
            size *= 2;
        }

        StoreSlot<TKey, TValue>[] slots = new StoreSlot<TKey, TValue>[size];
        foreach (ref StoreSlot<TKey, TValue> slot in _stripes[stripe].Slots.AsSpan())
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
        public StoreSlot<TKey, TValue>[] Slots;
    }
}
