using System.Runtime.CompilerServices;
using DataIntensive.Stores;

namespace DataIntensive.Idempotency;

// An open hash table of entries. A key is a hash already: beside each entry stand its first bytes, so that looking for a key touches no
// other key's entry, and growing touches none at all. Finding takes no lock. Each stripe is a table of its own with linear probing; what is
// removed keeps its place until its stripe is built anew, so nobody who looks on misses an entry that stands behind it.
internal sealed class KeyTable
{
    private const int Stripes = 64;
    private const int StripeShift = 58;
    private const int IndexShift = 26;
    private const int FirstSize = 8;

    private static readonly Slot[] Nothing = new Slot[1];

    private readonly Stripe[] _stripes = new Stripe[Stripes];
    private readonly StripeGate[] _gates = new StripeGate[Stripes];

    public KeyTable()
    {
        foreach (ref Stripe stripe in _stripes.AsSpan())
        {
            stripe.Slots = Nothing;
        }
    }

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

    // What all stripes have room for.
    public int Places => _stripes.Sum(static stripe => Volatile.Read(ref stripe.Slots).Length);

    public KeyEntry? Find(in IdempotencyKey key)
    {
        // A stripe that is built anew at this moment leaves the old places as they were.
        ulong hash = HashOf(key);
        Slot[] slots = Volatile.Read(ref _stripes[hash >> StripeShift].Slots);
        for (uint index = (uint)(hash >> IndexShift); ; index++)
        {
            ref Slot slot = ref slots[index & ((uint)slots.Length - 1)];
            ulong found = Volatile.Read(ref slot.Hash);
            if (found == hash && Volatile.Read(ref slot.Entry) is { } entry && entry.Is(key))
            {
                return entry;
            }

            if (found == 0)
            {
                return null;
            }
        }
    }

    public KeyEntry GetOrAdd(KeyEntry entry)
    {
        ulong hash = HashOf(entry.Key);
        ref StripeGate gate = ref Enter(hash);
        try
        {
            ref Slot slot = ref SlotOf_NeedsStripe(hash, entry.Key, ref gate);
            if (slot.Entry is { } found)
            {
                return found;
            }

            Put_NeedsStripe(ref slot, hash, entry, ref gate);
            return entry;
        }
        finally
        {
            gate.Exit();
        }
    }

    // Gives what stood there before.
    public KeyEntry? Set(KeyEntry entry)
    {
        ulong hash = HashOf(entry.Key);
        ref StripeGate gate = ref Enter(hash);
        try
        {
            ref Slot slot = ref SlotOf_NeedsStripe(hash, entry.Key, ref gate);
            KeyEntry? before = slot.Entry;
            Put_NeedsStripe(ref slot, hash, entry, ref gate);
            return before;
        }
        finally
        {
            gate.Exit();
        }
    }

    // False when the one to be replaced is not, or no longer, the one that stands there.
    public bool TryReplace(KeyEntry found, KeyEntry by) => TryChange(found, by);

    public bool TryRemove(KeyEntry found) => TryChange(found, null);

    // What is there when its stripe's turn comes, in no order.
    public IEnumerable<KeyEntry> All()
    {
        for (int stripe = 0; stripe < Stripes; stripe++)
        {
            Slot[] slots = Volatile.Read(ref _stripes[stripe].Slots);
            for (int index = 0; index < slots.Length; index++)
            {
                if (Volatile.Read(ref slots[index].Entry) is { } entry)
                {
                    yield return entry;
                }
            }
        }
    }

    // 0 is that of a place which was never used.
    private static ulong HashOf(in IdempotencyKey key) => key.Hash | 1;

    private ref StripeGate Enter(ulong hash)
    {
        ref StripeGate gate = ref _gates[hash >> StripeShift];
        gate.Enter();
        return ref gate;
    }

    private bool TryChange(KeyEntry found, KeyEntry? by)
    {
        ulong hash = HashOf(found.Key);
        ref StripeGate gate = ref Enter(hash);
        try
        {
            Slot[] slots = _stripes[hash >> StripeShift].Slots;
            for (uint index = (uint)(hash >> IndexShift); ; index++)
            {
                ref Slot slot = ref slots[index & ((uint)slots.Length - 1)];
                if (slot.Hash == hash && ReferenceEquals(slot.Entry, found))
                {
                    Volatile.Write(ref slot.Entry, by);
                    gate.Live -= by is null ? 1 : 0;
                    return true;
                }

                if (slot.Hash == 0)
                {
                    return false;
                }
            }
        }
        finally
        {
            gate.Exit();
        }
    }

    // The key's place, or one that is free for it: with room for one more in its stripe.
    private ref Slot SlotOf_NeedsStripe(ulong hash, in IdempotencyKey key, ref StripeGate gate)
    {
        ref Stripe stripe = ref _stripes[hash >> StripeShift];
        if ((gate.Used + 1) * 5L > stripe.Slots.Length * 4L)
        {
            Rebuild_NeedsStripe(ref stripe, ref gate);
        }

        Slot[] slots = stripe.Slots;
        ref Slot free = ref Unsafe.NullRef<Slot>();
        for (uint index = (uint)(hash >> IndexShift); ; index++)
        {
            ref Slot slot = ref slots[index & ((uint)slots.Length - 1)];
            if (slot.Hash == 0)
            {
                return ref Unsafe.IsNullRef(ref free) ? ref slot : ref free;
            }

            if (slot.Entry is null)
            {
                free = ref Unsafe.IsNullRef(ref free) ? ref slot : ref free;
            }
            else if (slot.Hash == hash && slot.Entry.Is(key))
            {
                return ref slot;
            }
        }
    }

    // Whoever reads the old hash with the new entry, or the new hash without it, goes on: what it looks for does not stand here.
    private static void Put_NeedsStripe(ref Slot slot, ulong hash, KeyEntry entry, ref StripeGate gate)
    {
        gate.Live += slot.Entry is null ? 1 : 0;
        gate.Used += slot.Hash == 0 ? 1 : 0;
        Volatile.Write(ref slot.Entry, entry);
        Volatile.Write(ref slot.Hash, hash);
    }

    private static void Rebuild_NeedsStripe(ref Stripe stripe, ref StripeGate gate)
    {
        long size = FirstSize;
        while ((gate.Live + 1L) * 2 > size)
        {
            size *= 2;
        }

        Slot[] slots = new Slot[size];
        foreach (ref Slot slot in stripe.Slots.AsSpan())
        {
            if (slot.Entry is not null)
            {
                uint index = (uint)(slot.Hash >> IndexShift);
                while (slots[index & (slots.Length - 1)].Hash != 0)
                {
                    index++;
                }

                slots[index & (slots.Length - 1)] = slot;
            }
        }

        gate.Used = gate.Live;
        Volatile.Write(ref stripe.Slots, slots);
    }

    private struct Slot
    {
        public ulong Hash;
        public KeyEntry? Entry;
    }

    // A struct around the array spares the type check that an element of an array of arrays takes.
    private struct Stripe
    {
        public Slot[] Slots;
    }
}
