using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using DataIntensive.Internal;
using DataIntensive.Logs;
using DataIntensive.Transactions;

namespace DataIntensive.Events;

// The event store in a state snapshot: entries, each with its kind in front, where a piece continues the list begun before it. Numbers are
// little-endian, so that the lists are copied as they stand in memory.
//
//   1  all events: i64 µs of the newest, i64 how many ids are remembered
//   2  a tenant: its name, varint how many streams, varint how many tags; what follows is his
//   3  the tenant's events
//   4  a stream: its id, u8 1 when something was said of it, 3 when it is archived, and that: i64 deleted at, u8 tombstoned, i64 kept from,
//      i64 how many, i64 how long, i64 the position where it was said
//   5, 6, 7  a type, a tag, a category: its name
//   8  a piece of a list: LogPositionList
//   9  ids: varint how many, and each as in EventIdIndex
//  10  of an archived stream, in place of its list: ArchivedPositions
//  11  of a list, i64: the newest that was taken out of it
//  12  a list, whole, in place of its pieces: varint how many, and as varint length and bytes the distances from one to the next
//
// Form 1 has none of what is archived. Up to form 2 every list stands in pieces, and their distances take 4 or 8 bytes; since then also
// none or 2, and lists of no more than one piece stand whole.
internal sealed partial class EventState
{
    private const byte AllBegun = 1;
    private const byte TenantBegun = 2;
    private const byte TenantEventsBegun = 3;
    private const byte StreamBegun = 4;
    private const byte TypeBegun = 5;
    private const byte TagBegun = 6;
    private const byte CategoryBegun = 7;
    private const byte Piece = 8;
    private const byte RememberedIds = 9;
    private const byte ArchivedStream = 10;
    private const byte ArchivedFromList = 11;
    private const byte WholeList = 12;
    private const byte IsSaid = 1;
    private const byte IsArchivedToo = 2;
    private const int IdsPerEntry = 8192;

    public override byte SnapshotForm => 3;

    // Marks and truncated events go, when state snapshots stand for them. Without a mark every event stays, and the log alone is enough.
    public override bool LosesHistory => HasMarks;

    // The oldest event that anybody can still ask for.
    public override LogPosition? NeededFrom
    {
        get
        {
            LogPosition durable = DurableUpTo();
            long needed = long.MaxValue;
            foreach (StreamIndex stream in _tenants.Values.SelectMany(tenant => tenant.Streams).Select(stream => stream.Value))
            {
                long first = EventVisibility.FirstShown(stream, durable, withArchived: true);
                needed = first <= stream.Version ? Math.Min(needed, stream.PositionOf(first).Value) : needed;
            }

            return needed == long.MaxValue ? null : new LogPosition(needed);
        }
    }

    // By what is durable: what a crash takes back must not have taken events with it.
    public override bool IsAlive(in LogRecord record)
    {
        if (record.Body.Span[0] == StreamMarkRecord.Kind)
        {
            return false;
        }

        EventRecord stored = new(record.Body.Span, record.Position);
        LogPosition durable = DurableUpTo();
        if (TenantOf(stored)?.Streams.Find(stored.Stream) is not { } stream
            || (stored.Version >= EventVisibility.FirstShown(stream, durable, withArchived: true) && stored.Micros >= EventVisibility.OldestShown(this, stream, durable)))
        {
            return true;
        }

        stream.GiveUp(stored.Version);
        return false;
    }

    // What is visible and fsynced.
    public LogPosition DurableUpTo()
    {
        LogPosition durable = Database.Log.Range.Durable;
        LogPosition visible = Database.Visible;
        return durable < visible ? durable : visible;
    }

    public override void WriteSnapshot(StateSnapshotWriter writer, LogPosition at)
    {
        long events = All.CountUpTo(at);
        ulong[] ids = [.. Ids.EntriesUpTo(events, All.Count)];
        writer.WriteByte(AllBegun);
        writer.WriteInt64(Volatile.Read(ref _lastMicros));
        writer.WriteInt64(ids.LongLength);
        All.WriteTo(writer, events, Piece);
        foreach (TenantIndex tenant in _tenants.Values)
        {
            WriteTenant(writer, tenant, at);
        }

        foreach (ulong[] some in ids.Chunk(IdsPerEntry))
        {
            writer.WriteByte(RememberedIds);
            writer.WriteVarint((ulong)some.Length);
            writer.Write(MemoryMarshal.AsBytes(some.AsSpan()));
            writer.EndEntry();
        }
    }

    public override void ReadSnapshot(StateSnapshotReader reader, byte form, LogPosition at)
    {
        TenantIndex? tenant = null;
        StreamIndex? stream = null;
        LogPositionList list = All;
        long bytesPerPlace = 0;
        long remembered = 0;
        long bytes = 0;
        while (reader.TryReadBlock(out ReadOnlyMemory<byte> entries))
        {
            SpanReader entry = new(entries.Span);
            ArraySegment<byte> block = MemoryMarshal.TryGetArray(entries, out ArraySegment<byte> array) ? array : entries.ToArray();
            bool isKept = false;
            while (!entry.Rest.IsEmpty)
            {
                byte kind = entry.ReadByte();
                switch (kind)
                {
                    case Piece:
                        bytes += bytesPerPlace * list.Load(ref entry, block);
                        isKept = true;
                        break;
                    case WholeList:
                        bytes += bytesPerPlace * list.LoadWhole(ref entry);
                        break;
                    case ArchivedStream:
                        ArchivedPositions archived = ArchivedPositions.Read(ref entry);
                        stream!.Archive_NeedsSequencer(archived);
                        bytes += archived.SizeBytes;
                        break;
                    case ArchivedFromList:
                        list.NewestArchived = new LogPosition(entry.ReadInt64());
                        break;
                    case StreamBegun when TryStore(tenant!.Streams, block, ref entry, isStream: true, ref bytes):
                    case TagBegun when TryStore(tenant!.Tags, block, ref entry, isStream: false, ref bytes):
                        isKept = true;
                        break;
                    case StreamBegun:
                        stream = ReadStream(ref entry, tenant!);
                        list = stream.Positions;
                        bytes += BytesOf(stream.Id.Value);
                        bytesPerPlace = 0;
                        break;
                    case AllBegun:
                        _lastMicros = entry.ReadInt64();
                        remembered = entry.ReadInt64();
                        break;
                    case TenantBegun:
                        tenant = ReadTenant(ref entry);
                        bytes += BytesOf(tenant.Name) * 5;
                        break;
                    case RememberedIds:
                        ulong[] ids = new ulong[(int)entry.ReadVarint()];
                        entry.ReadInto(MemoryMarshal.AsBytes(ids.AsSpan()));
                        Ids.Load(ids, remembered);
                        break;
                    default:
                        list = ReadList(ref entry, kind, tenant!, ref bytes);
                        bytesPerPlace = kind == TagBegun ? BytesPerTag : 0;
                        break;
                }
            }

            if (isKept)
            {
                reader.Keep();
            }
        }

        foreach (TenantIndex owner in _tenants.Values)
        {
            bytes += owner.All.Count * (BytesPerEvent - BytesPerArchivedEvent);
            foreach (StreamIndex one in owner.Streams.Made.Where(one => one.Mark is { IsArchived: true }))
            {
                _archivedEvents += one.Archived?.Count ?? 0;
                one.IsHalfArchived_NeedsSequencer = one.Archived is null;
                BeginArchiving_NeedsSequencer(owner, one);
            }
        }

        // As much as staging one by one counts.
        Resize_NeedsSequencer(bytes + (All.Count * BytesPerArchivedEvent) + Ids.SizeBytes);
    }

    // Of what stands behind its name, where nothing was said of it.
    public static void LoadStream(StreamIndex stream, ArraySegment<byte> stored)
    {
        SpanReader reader = new(stored);
        reader.Skip(sizeof(byte) + sizeof(byte));
        stream.Positions.LoadWhole(ref reader);
    }

    public static void LoadList(LogPositionList list, ArraySegment<byte> stored)
    {
        SpanReader reader = new(stored);
        if (reader.ReadByte() == ArchivedFromList)
        {
            list.NewestArchived = new LogPosition(reader.ReadInt64());
            reader.ReadByte();
        }

        list.LoadWhole(ref reader);
    }

    // A stream of which nothing was said, or a tag, stays in the block with its list. Long lists are few, and made at once.
    private static bool TryStore<T>(NameTable<T> table, ArraySegment<byte> block, ref SpanReader entry, bool isStream, ref long bytes)
        where T : class
    {
        SpanReader reader = entry;
        int offset = block.Count - reader.Rest.Length;
        ReadOnlySpan<byte> name = reader.ReadBytes();
        if (isStream && reader.ReadByte() != 0)
        {
            return false;
        }

        if (!isStream && !reader.Rest.IsEmpty && reader.Rest[0] == ArchivedFromList)
        {
            reader.Skip(sizeof(byte) + sizeof(long));
        }

        if (reader.Rest.IsEmpty || reader.ReadByte() != WholeList)
        {
            return false;
        }

        long places = (long)reader.ReadVarint();
        reader.ReadBytes();
        table.Store(block, offset, name);
        bytes += BytesOf(Encoding.UTF8.GetCharCount(name)) + (isStream ? 0 : BytesPerTag * places);
        entry = reader;
        return true;
    }

    private static void WriteTenant(StateSnapshotWriter writer, TenantIndex tenant, LogPosition at)
    {
        writer.WriteByte(TenantBegun);
        writer.WriteString(tenant.Name);
        writer.WriteVarint((ulong)tenant.Streams.Count);
        writer.WriteVarint((ulong)tenant.Tags.Count);
        writer.WriteByte(TenantEventsBegun);
        WriteList(writer, tenant.All, at);
        foreach ((_, StreamIndex stream) in tenant.Streams)
        {
            WriteStream(writer, stream, at);
        }

        WriteLists(writer, TypeBegun, tenant.Types, at);
        WriteLists(writer, TagBegun, tenant.Tags, at);
        WriteLists(writer, CategoryBegun, tenant.Categories.Select(category => KeyValuePair.Create(category.Key, category.Value.Positions)), at);
    }

    private static void WriteStream(StateSnapshotWriter writer, StreamIndex stream, LogPosition at)
    {
        // Beside it the stream may be archived, or restored.
        LogPositionList positions;
        ArchivedPositions? archived;
        do
        {
            positions = stream.Positions;
            archived = stream.Archived;
        }
        while (archived is null && !ReferenceEquals(stream.Positions, positions));

        StreamMark? mark = stream.MarkAt(at);
        if (archived is null && mark is null && positions.CountUpTo(at) == 0)
        {
            return;
        }

        writer.WriteByte(StreamBegun);
        writer.WriteString(stream.Id.Value);
        writer.WriteByte((byte)((mark is null ? 0 : IsSaid) | (mark is { IsArchived: true } ? IsArchivedToo : 0)));
        if (mark is not null)
        {
            writer.WriteInt64(mark.DeletedAt);
            writer.WriteByte(mark.IsTombstoned ? (byte)1 : (byte)0);
            writer.WriteInt64(mark.KeepFrom);
            writer.WriteInt64(mark.MaxCount);
            writer.WriteInt64(mark.MaxAgeMicros);
            writer.WriteInt64(mark.Position.Value);
        }

        if (archived is not null)
        {
            writer.WriteByte(ArchivedStream);
            archived.WriteTo(writer);
        }

        WritePositions(writer, positions, archived is null ? positions.CountUpTo(at) : 0);
    }

    // With what was written before it, or behind it.
    private static void WritePositions(StateSnapshotWriter writer, LogPositionList positions, long count)
    {
        if (count is > 0 and <= LogPositionList.ChunkLength)
        {
            writer.WriteByte(WholeList);
            positions.WriteWhole(writer, (int)count);
            writer.EndEntry();
            return;
        }

        writer.EndEntry();
        positions.WriteTo(writer, count, Piece);
    }

    private static void WriteList(StateSnapshotWriter writer, LogPositionList list, LogPosition at)
    {
        if (list.NewestArchived.Value > 0)
        {
            writer.WriteByte(ArchivedFromList);
            writer.WriteInt64(list.NewestArchived.Value);
        }

        WritePositions(writer, list, list.CountUpTo(at));
    }

    private static void WriteLists(StateSnapshotWriter writer, byte kind, IEnumerable<KeyValuePair<string, LogPositionList>> lists, LogPosition at)
    {
        foreach ((string key, LogPositionList list) in lists)
        {
            if (list.NewestArchived.Value > 0 || list.CountUpTo(at) > 0)
            {
                writer.WriteByte(kind);
                writer.WriteString(key);
                WriteList(writer, list, at);
            }
        }
    }

    private TenantIndex ReadTenant(ref SpanReader entry)
    {
        string name = entry.ReadString();
        TenantIndex tenant = new(name);
        tenant.Streams.Expect((long)entry.ReadVarint());
        tenant.Tags.Expect((long)entry.ReadVarint());
        return _tenants[name] = tenant;
    }

    private LogPositionList ReadList(ref SpanReader entry, byte kind, TenantIndex tenant, ref long bytes)
    {
        if (kind == TenantEventsBegun)
        {
            return tenant.All;
        }

        string name = entry.ReadString();
        bytes += kind == CategoryBegun ? 0 : BytesOf(name);
        return kind switch
        {
            TypeBegun => TenantIndex.In(tenant.Types, name),
            TagBegun => TenantIndex.In(tenant.Tags, name),
            CategoryBegun => tenant.CategoryNamed(name).Positions,
            _ => throw new LogFormatException($"The {this} is kept with entries of an unknown kind {kind}. Use a newer version of the library."),
        };
    }

    private StreamIndex ReadStream(ref SpanReader entry, TenantIndex tenant)
    {
        StreamIndex stream = tenant.Add(StreamId.Stored(entry.ReadString()));
        byte said = entry.ReadByte();
        if (said != 0)
        {
            long deletedAt = entry.ReadInt64();
            bool isTombstoned = entry.ReadByte() != 0;
            long keepFrom = entry.ReadInt64();
            long maxCount = entry.ReadInt64();
            long maxAgeMicros = entry.ReadInt64();
            stream.Mark = new StreamMark(new LogPosition(entry.ReadInt64()), previous: null)
            {
                DeletedAt = deletedAt,
                IsTombstoned = isTombstoned,
                IsArchived = (said & IsArchivedToo) != 0,
                KeepFrom = keepFrom,
                MaxCount = maxCount,
                MaxAgeMicros = maxAgeMicros,
            };
            HasMarks = true;
        }

        return stream;
    }

    private TenantIndex? TenantOf(in EventRecord stored) => Of(stored.Tenant.IsEmpty ? "" : Encoding.UTF8.GetString(stored.Tenant));
}
