namespace DataIntensive.Events;

// Where events with ids may stand: an open hash table of 8 bytes each, the hash and the low half of the event position. Who finds one must
// look at the event itself. Written under the sequencer, read by any thread. Only the newest events count, as many as the horizon says;
// older ones leave when the table is made anew.
internal sealed class EventIdIndex(long horizon)
{
    private const int ShortestLength = 64;

    private ulong[] _slots = [];
    private int _used;

    public long SizeBytes => _slots.LongLength * sizeof(ulong);

    public static uint Hash(ulong streamHash, Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes);
        ulong low = BitConverter.ToUInt64(bytes);
        ulong high = BitConverter.ToUInt64(bytes[8..]);
        ulong mixed = (low ^ streamHash) * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 32) ^ high) * 0xC2B2AE3D27D4EB4F;
        mixed = (mixed ^ (mixed >> 29)) * 0x165667B19E3779F9;

        // Zero marks an empty slot.
        return (uint)(mixed >> 32) | 1;
    }

    // Of a stream's full name: the same in every process, since it is kept in state snapshots.
    public static ulong Hash(string tenant, string stream)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (char c in tenant)
        {
            hash = (hash ^ c) * 0x100000001B3;
        }

        hash = (hash ^ 0xFFFF) * 0x100000001B3;
        foreach (char c in stream)
        {
            hash = (hash ^ c) * 0x100000001B3;
        }

        return hash;
    }

    public void Add(uint hash, EventPosition position)
    {
        if (horizon == 0)
        {
            return;
        }

        if ((_used + 1) * 4L > _slots.Length * 3L)
        {
            MakeAnew(position.Value);
        }

        Put(_slots, ((ulong)hash << 32) | (uint)position.Value);
        _used++;
    }

    // The next place after the one before, at first null, where an event with this hash may stand. Head: the newest event.
    public bool TryFind(uint hash, EventPosition head, ref int? probe, out EventPosition position)
    {
        ulong[] slots = Volatile.Read(ref _slots);
        position = default;
        if (slots.Length == 0)
        {
            return false;
        }

        int slot = probe is { } last ? (last + 1) & (slots.Length - 1) : FirstSlot(slots, hash);
        for (int steps = 0; steps < slots.Length; steps++, slot = (slot + 1) & (slots.Length - 1))
        {
            ulong entry = Volatile.Read(ref slots[slot]);
            if (entry == 0)
            {
                return false;
            }

            if ((uint)(entry >> 32) == hash && PositionOf(entry, head.Value) is var found && IsRemembered(found, head.Value))
            {
                probe = slot;
                position = new EventPosition(found);
                return true;
            }
        }

        return false;
    }

    // The entries that count when the newest event is the head; for state snapshots, beside commits.
    public IEnumerable<ulong> EntriesUpTo(long head, long newest)
    {
        foreach (ulong entry in Volatile.Read(ref _slots))
        {
            if (entry != 0 && PositionOf(entry, newest) is var position && position <= head && IsRemembered(position, head))
            {
                yield return entry;
            }
        }
    }

    public void Load(ReadOnlySpan<ulong> entries, long expected)
    {
        if (_slots.Length == 0)
        {
            _slots = new ulong[LengthFor(expected)];
        }

        foreach (ulong entry in entries)
        {
            Put(_slots, entry);
        }

        _used += entries.Length;
    }

    private static int LengthFor(long entries)
    {
        long length = ShortestLength;
        while (entries * 8 > length * 3)
        {
            length *= 2;
        }

        return checked((int)length);
    }

    private static int FirstSlot(ulong[] slots, uint hash) => (int)(((ulong)hash * (ulong)slots.Length) >> 32);

    private static void Put(ulong[] slots, ulong entry)
    {
        int slot = FirstSlot(slots, (uint)(entry >> 32));
        while (slots[slot] != 0)
        {
            slot = (slot + 1) & (slots.Length - 1);
        }

        Volatile.Write(ref slots[slot], entry);
    }

    // The horizon is less than 2^31 events, so the low half tells which one it was, except for some that are far too old.
    private static long PositionOf(ulong entry, long head) => head - (int)((uint)head - (uint)entry);

    private bool IsRemembered(long position, long head) => position > head - horizon && position <= head && position > 0;

    private void MakeAnew(long head)
    {
        ulong[] kept = [.. _slots.Where(entry => entry != 0 && IsRemembered(PositionOf(entry, head), head))];
        ulong[] slots = new ulong[Math.Max(_slots.Length, LengthFor(kept.Length + 1))];
        foreach (ulong entry in kept)
        {
            Put(slots, entry);
        }

        _used = kept.Length;
        Volatile.Write(ref _slots, slots);
    }
}
