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
        List<StoreVersionNode<TKey, TValue>> versions = [];
        writer.WriteVarint((ulong)_keys.Count);
        writer.EndEntry();
        foreach (StoreVersionNode<TKey, TValue> newest in _keys.All())
        {
            // Asked before the versions are: what it allows to forget meanwhile is forgotten in the entry as well.
            long keptFrom = Options.KeptPositions > 0 ? KeptFrom.Value : at.Value;
            versions.Clear();
            for (StoreVersionNode<TKey, TValue>? node = newest.At(at.Value); node is not null; node = node.Revision > keptFrom ? node.Previous : null)
            {
                versions.Add(node);
            }

            if (versions.Count > 0 && (versions.Count > 1 || versions[0].Exists || versions[0].Revision > keptFrom))
            {
                WriteEntry(writer, versions, scratch);
            }
        }

        writer.WriteVarint(0);
        writer.WriteVarint((ulong)(Options.KeptPositions > 0 ? KeptFrom.Value : at.Value));
        writer.EndEntry();
    }

    public override void ReadSnapshot(StateSnapshotReader reader, byte form, LogPosition at)
    {
        List<StoreVersionNode<TKey, TValue>> kept = [];
        bool first = true;
        while (reader.TryReadBlock(out ReadOnlyMemory<byte> entries))
        {
            SpanReader entry = new(entries.Span);
            if (first)
            {
                first = false;
                _keys.Reserve_NeedsSequencer((int)Math.Min(entry.ReadVarint(), int.MaxValue / 4));
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
        foreach (StoreVersionNode<TKey, TValue> version in kept)
        {
            _keptForSnapshots.Enqueue(version);
        }
    }

    private void WriteEntry(StateSnapshotWriter writer, List<StoreVersionNode<TKey, TValue>> versions, ArrayBufferWriter<byte> scratch)
    {
        writer.WriteVarint((ulong)versions.Count);
        writer.WriteWith(keys, versions[0].Key, scratch);
        for (int i = versions.Count - 1; i >= 0; i--)
        {
            StoreVersionNode<TKey, TValue> node = versions[i];
            writer.WriteByte(!node.Exists ? Deleted : node.DeadlineTicks == 0 ? Written : WrittenUntil);
            writer.WriteInt64(node.Revision);
            writer.WriteVarint((ulong)node.Version);
            writer.WriteVarint((ulong)node.RecordBytes);
            if (node.DeadlineTicks != 0)
            {
                writer.WriteInt64(node.DeadlineTicks);
            }

            if (node.Exists)
            {
                writer.WriteWith(values, node.Value!, scratch);
            }
        }

        writer.EndEntry();
    }

    private void ReadEntry(ref SpanReader entry, int versions, List<StoreVersionNode<TKey, TValue>> kept)
    {
        TKey key = entry.ReadWith(keys);
        StoreVersionNode<TKey, TValue>? node = null;
        for (int i = 0; i < versions; i++)
        {
            byte kind = entry.ReadByte();
            long revision = entry.ReadInt64();
            long version = (long)entry.ReadVarint();
            int recordBytes = (int)entry.ReadVarint();
            long deadlineTicks = kind == WrittenUntil ? entry.ReadInt64() : 0;
            TValue? value = kind == Deleted ? default : entry.ReadWith(values);
            node = new StoreVersionNode<TKey, TValue>(key, value, revision, version, node) { RecordBytes = recordBytes, DeadlineTicks = deadlineTicks };
            if (node.Previous is not null || kind == Deleted)
            {
                kept.Add(node);
            }
        }

        Put_NeedsSequencer(node!, before: null);
        Resize_NeedsSequencer(BytesOf(node));
        Track_NeedsSequencer(key, before: null, node);
        NewestChange = new LogPosition(Math.Max(NewestChange.Value, node!.Revision));
    }
}
