using System.Buffers;
using DataIntensive.Internal;
using DataIntensive.Logs;
using DataIntensive.Transactions;

namespace DataIntensive.Stores;

// The store in a state snapshot. First, varint how many keys there are, about. Then one entry per key: varint how many versions (one,
// but with older positions kept), the key, and the versions, oldest first: u8 kind as in records, i64 revision, varint version, varint
// bytes of its record, i64 deadline in ticks of UTC for kind 3, and the value unless it is a delete. Last, varint 0 and varint from
// which position on all versions are there.
internal sealed partial class StoreState<TKey, TValue>
{
    public override byte SnapshotForm => 1;

    // A watch tells that what it wants is gone.
    public override bool LosesHistory => true;

    public override IEnumerable<LogHolder> Holders =>
        HolderOf is null ? [] : AllAt(Database.Visible.Value).Select(entry => HolderOf(entry.Key, entry.Value.Value));

    public override bool IsAlive(in LogRecord record) => false;

    public override void WriteSnapshot(StateSnapshotWriter writer, LogPosition at)
    {
        ArrayBufferWriter<byte> scratch = new();
        List<SlotCopy<StoreVersion<TValue>>> versions = [];
        writer.WriteVarint((ulong)_keys.Count);
        writer.EndEntry();
        foreach ((TKey key, SlotCopy<StoreVersion<TValue>> newest) in AllNewest())
        {
            // Asked before the versions are: what it allows to forget meanwhile is forgotten in the entry as well.
            long keptFrom = Options.KeptPositions > 0 ? KeptFrom.Value : at.Value;
            versions.Clear();
            SlotCopy<StoreVersion<TValue>> version = StoreVersion<TValue>.At(newest, at.Value);
            while (version.Revision != 0)
            {
                versions.Add(version);
                version = version.Revision > keptFrom ? version.Content.Tail?.Older ?? default : default;
            }

            if (versions.Count > 0 && (versions.Count > 1 || versions[0].Content.Exists || versions[0].Revision > keptFrom))
            {
                WriteEntry(writer, key, versions, scratch);
            }
        }

        writer.WriteVarint(0);
        writer.WriteVarint((ulong)(Options.KeptPositions > 0 ? KeptFrom.Value : at.Value));
        writer.EndEntry();
    }

    public override void ReadSnapshot(StateSnapshotReader reader, byte form, LogPosition at)
    {
        List<(TKey Key, int Hash, long Revision)> kept = [];
        bool first = true;
        while (reader.TryReadBlock(out ReadOnlyMemory<byte> entries))
        {
            SpanReader entry = new(entries.Span);
            if (first)
            {
                first = false;
                _keys.Reserve((int)Math.Min(entry.ReadVarint(), int.MaxValue / 4));
            }

            while (!entry.Rest.IsEmpty)
            {
                int versions = (int)entry.ReadVarint();
                if (versions == 0)
                {
                    Volatile.Write(ref _keptFrom, (long)entry.ReadVarint());
                    continue;
                }

                ReadEntry(ref entry, versions, kept);
            }
        }

        // As they would be forgotten: in the order of the log.
        kept.Sort((left, right) => left.Revision.CompareTo(right.Revision));
        foreach ((TKey Key, int Hash, long Revision) version in kept)
        {
            _keptForSnapshots.Enqueue(version);
        }
    }

    private void WriteEntry(StateSnapshotWriter writer, TKey key, List<SlotCopy<StoreVersion<TValue>>> versions, ArrayBufferWriter<byte> scratch)
    {
        writer.WriteVarint((ulong)versions.Count);
        writer.WriteWith(keys, key, scratch);
        for (int i = versions.Count - 1; i >= 0; i--)
        {
            (long revision, StoreVersion<TValue> version) = versions[i];
            writer.WriteByte(!version.Exists ? Deleted : version.DeadlineTicks == 0 ? Written : WrittenUntil);
            writer.WriteInt64(revision);
            writer.WriteVarint((ulong)version.Version);
            writer.WriteVarint((ulong)version.RecordBytes);
            if (version.DeadlineTicks != 0)
            {
                writer.WriteInt64(version.DeadlineTicks);
            }

            if (version.Exists)
            {
                writer.WriteWith(values, version.Value!, scratch);
            }
        }

        writer.EndEntry();
    }

    private void ReadEntry(ref SpanReader entry, int versions, List<(TKey Key, int Hash, long Revision)> kept)
    {
        TKey key = entry.ReadWith(keys);
        int hash = _keys.HashOf(key);
        SlotCopy<StoreVersion<TValue>> newest = default;
        for (int i = 0; i < versions; i++)
        {
            byte kind = entry.ReadByte();
            long revision = entry.ReadInt64();
            long version = (long)entry.ReadVarint();
            int recordBytes = (int)entry.ReadVarint();
            long deadlineTicks = kind == WrittenUntil ? entry.ReadInt64() : 0;
            TValue? value = kind == Deleted ? default : entry.ReadWith(values);
            VersionTail<TValue>? tail = newest.Revision != 0 || deadlineTicks != 0 ? new VersionTail<TValue>(deadlineTicks, newest) : null;
            bool hasOlder = newest.Revision != 0;
            Database.ResizeStates(KeptBytesOf(newest));
            newest = new SlotCopy<StoreVersion<TValue>>(revision, new StoreVersion<TValue>(value, version, recordBytes, tail));
            if (hasOlder || kind == Deleted)
            {
                kept.Add((key, hash, revision));
            }
        }

        int stripe = StripedTable<TKey, StoreCell<TValue>>.StripeOf(hash);
        _keys.Enter(stripe);
        Set_NeedsStripe(key, hash, newest.Revision, newest.Content);
        _keys.Exit(stripe);
        _ordered?.Add_NeedsSequencer(key);
        Resize_NeedsSequencer(BytesOf(newest.Content));
        Track_NeedsSequencer(key, before: default, newest);
        NewestChange = new LogPosition(Math.Max(NewestChange.Value, newest.Revision));
    }
}
