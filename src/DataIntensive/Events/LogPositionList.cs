using System.Buffers;
using System.Buffers.Binary;
using DataIntensive.Internal;
using DataIntensive.Transactions;

namespace DataIntensive.Events;

// Positions in ascending order, appended to by one thread at a time and read by any without a lock. A list is made of chunks, each of
// which keeps its positions as distances from its first, as narrow as they can be: none while each is the one behind the last, then 2, 4
// or 8 bytes. The first chunk doubles; a long list adds whole ones, so that growing neither copies much nor ends in the large object heap.
internal sealed class LogPositionList
{
    public const int ChunkLength = 1 << ChunkShift;
    private const int ChunkShift = 12;

    private Chunk? _head;
    private Chunk[] _rest = [];
    private long _count;
    private long _newestArchived;

    // Everything below the count is there: a reader takes the count first, and the chunks afterwards.
    public long Count => Volatile.Read(ref _count);

    // The newest that ever was in the list and was taken out, because its stream was archived; the default when none was.
    public LogPosition NewestArchived
    {
        get => new(Volatile.Read(ref _newestArchived));
        set => Volatile.Write(ref _newestArchived, value.Value);
    }

    // Zero when there is none.
    public LogPosition Newest => Count is > 0 and long count ? new LogPosition(At(count - 1)) : default;

    // From 0.
    public LogPosition this[long index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return new LogPosition(At(index));
        }
    }

    // How many are at or before a position.
    public long CountUpTo(LogPosition position)
    {
        long high = Count;
        return high == 0 || At(high - 1) <= position.Value ? high : Search(0, high, position.Value);
    }

    // The same, for a caller who knows some that are: it looks near by first.
    public long CountUpTo(LogPosition position, long known)
    {
        long count = Count;
        long low = Math.Min(known, count);
        long high = low;
        for (long step = 1; high < count && At(high) <= position.Value; step <<= 1)
        {
            low = high + 1;
            high = Math.Min(low + step, count);
        }

        return Search(low, high, position.Value);
    }

    public void Append(LogPosition position)
    {
        long chunk = _count >> ChunkShift;
        int offset = (int)(_count & (ChunkLength - 1));
        if (offset == 0)
        {
            Put(chunk, chunk == 0 ? Chunk.Begin(position.Value) : Chunk.BeginAfter(ChunkAt(chunk - 1), position.Value));
        }
        else if (ChunkAt(chunk) is var last && !last.TrySet(offset, position.Value))
        {
            // Readers may still hold the shorter or narrower one.
            Put(chunk, last.With(offset, position.Value, doubles: chunk == 0));
        }

        Volatile.Write(ref _count, _count + 1);
    }

    // The first so many, with some more or without some, in a list of their own. Positions are in ascending order; what is there already is
    // not added again, and what is not there is not taken out.
    public LogPositionList Changed(long count, ReadOnlySpan<long> positions, bool adds)
    {
        long archived = adds || positions.IsEmpty ? NewestArchived.Value : Math.Max(NewestArchived.Value, positions[^1]);
        LogPositionList changed = new() { NewestArchived = new LogPosition(archived) };
        for (long i = 0; i < count; i++)
        {
            long position = At(i);
            while (!positions.IsEmpty && positions[0] < position)
            {
                changed.AppendIf(adds, positions[0]);
                positions = positions[1..];
            }

            bool isNamed = !positions.IsEmpty && positions[0] == position;
            changed.AppendIf(adds || !isNamed, position);
            positions = isNamed ? positions[1..] : positions;
        }

        foreach (long position in positions)
        {
            changed.AppendIf(adds, position);
        }

        return changed;
    }

    // What another list has behind its first so many.
    public void AppendRest(LogPositionList? other, long from)
    {
        for (long i = from; i < other?.Count; i++)
        {
            Append(other[i]);
        }
    }

    // The first so many, in pieces that Load takes: varint how many, i64 the first, u8 bytes of a distance, and the distances. It may run
    // beside appends.
    public void WriteTo(StateSnapshotWriter writer, long count, byte kind)
    {
        for (long written = 0; written < count; written += ChunkLength)
        {
            int length = (int)Math.Min(ChunkLength, count - written);
            writer.WriteByte(kind);
            writer.WriteVarint((ulong)length);
            ChunkAt(written >> ChunkShift).WriteTo(writer, length);
            writer.EndEntry();
        }
    }

    // What comes next in a block that does not change any more: the entries stay there.
    public int Load(ref SpanReader reader, ArraySegment<byte> block)
    {
        int length = (int)reader.ReadVarint();
        Put(_count >> ChunkShift, Chunk.Read(ref reader, length, block));
        _count += length;
        return length;
    }

    // The first so many as distances from one to the next: less than anything that can be searched.
    public void WriteDistances(IBufferWriter<byte> destination, long count)
    {
        long before = 0;
        for (long i = 0; i < count; i++)
        {
            long position = At(i);
            destination.WriteVarint((ulong)(position - before));
            before = position;
        }
    }

    public void AppendDistances(ReadOnlySpan<byte> distances, long count)
    {
        SpanReader reader = new(distances);
        long position = 0;
        for (long i = 0; i < count; i++)
        {
            position += (long)reader.ReadVarint();
            Append(new LogPosition(position));
        }
    }

    // For LoadWhole: varint how many, and the distances with their length in front.
    public void WriteWhole(StateSnapshotWriter writer, int count)
    {
        int bytes = 0;
        long before = 0;
        for (int i = 0; i < count; i++)
        {
            long position = At(i);
            bytes += BinaryExtensions.VarintBytes((ulong)(position - before));
            before = position;
        }

        writer.WriteVarint((ulong)count);
        writer.WriteVarint((ulong)bytes);
        WriteDistances(writer, count);
    }

    // Returns how many there are.
    public long LoadWhole(ref SpanReader reader)
    {
        long count = (long)reader.ReadVarint();
        AppendDistances(reader.ReadBytes(), count);
        return count;
    }

    private void AppendIf(bool isWanted, long position)
    {
        if (isWanted)
        {
            Append(new LogPosition(position));
        }
    }

    private Chunk ChunkAt(long chunk) => chunk == 0 ? Volatile.Read(ref _head)! : Volatile.Read(ref Volatile.Read(ref _rest)[chunk - 1]);

    private long At(long index) => ChunkAt(index >> ChunkShift).At((int)(index & (ChunkLength - 1)));

    // Of those from low to before high, all before low are at or before the position, and all from high on behind it.
    private long Search(long low, long high, long position)
    {
        while (low < high)
        {
            long middle = (low + high) >>> 1;
            if (At(middle) <= position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private void Put(long index, Chunk chunk)
    {
        if (index == 0)
        {
            Volatile.Write(ref _head, chunk);
        }
        else if (index > _rest.Length)
        {
            Chunk[] longer = new Chunk[index == 1 ? 1 : (index - 1) * 2];
            _rest.CopyTo(longer, 0);
            longer[index - 1] = chunk;
            Volatile.Write(ref _rest, longer);
        }
        else
        {
            Volatile.Write(ref _rest[index - 1], chunk);
        }
    }

    // The entries are distances from the first, little-endian, in a part of an array. Who needs room, or wider entries, makes another chunk.
    private sealed class Chunk
    {
        private const int ShortestRoom = 4;
        private const int Following = 0;
        private const int Near = sizeof(ushort);
        private const int Far = sizeof(uint);
        private const int Whole = sizeof(long);

        private readonly long _first;
        private readonly byte[] _entries;
        private readonly int _start;
        private readonly ushort _room;
        private readonly byte _width;

        private Chunk(long first, int width, byte[] entries, int start, int room)
        {
            _first = first;
            _width = (byte)width;
            _entries = entries;
            _start = start;
            _room = (ushort)room;
        }

        // With the first alone.
        public static Chunk Begin(long first) => new(first, Following, [], start: 0, ChunkLength);

        // As wide as the chunk before it had to be.
        public static Chunk BeginAfter(Chunk before, long first) => before._width == Following ? Begin(first) : Make(first, WidthOf(before.At(ChunkLength - 1) - before._first), ChunkLength);

        public static Chunk Read(ref SpanReader reader, int length, ArraySegment<byte> block)
        {
            long first = reader.ReadInt64();
            int width = reader.ReadByte();
            int start = block.Offset + block.Count - reader.Rest.Length;
            reader.Skip(length * width);
            return width == Following ? Begin(first) : new Chunk(first, width, block.Array!, start, length);
        }

        public long At(int offset)
        {
            ReadOnlySpan<byte> entry = _entries.AsSpan(_start + (offset * _width));
            return _width switch
            {
                Following => _first + offset,
                Near => _first + BinaryPrimitives.ReadUInt16LittleEndian(entry),
                Far => _first + BinaryPrimitives.ReadUInt32LittleEndian(entry),
                _ => BinaryPrimitives.ReadInt64LittleEndian(entry),
            };
        }

        // False when there is no room for it.
        public bool TrySet(int offset, long position)
        {
            long distance = position - _first;
            if (_width == Following)
            {
                return distance == offset;
            }

            bool fits = offset < _room && WidthOf(distance) <= _width;
            if (fits)
            {
                Set(offset, position);
            }

            return fits;
        }

        // With one more than so many, for which there was no room.
        public Chunk With(int offset, long position, bool doubles)
        {
            int room = doubles ? Math.Min(Math.Max(offset * 2, ShortestRoom), ChunkLength) : ChunkLength;
            Chunk wider = Make(_first, WidthOf(position - _first), room);
            for (int i = 0; i < offset; i++)
            {
                wider.Set(i, At(i));
            }

            wider.Set(offset, position);
            return wider;
        }

        public void WriteTo(StateSnapshotWriter writer, int length)
        {
            writer.WriteInt64(_first);
            writer.WriteByte(_width);
            writer.Write(_entries.AsSpan(_start, length * _width));
        }

        private static Chunk Make(long first, int width, int room)
        {
            Chunk made = new(first, width, new byte[room * width], start: 0, room);
            made.Set(0, first);
            return made;
        }

        private static int WidthOf(long distance) => distance <= ushort.MaxValue ? Near : distance <= uint.MaxValue ? Far : Whole;

        private void Set(int offset, long position)
        {
            Span<byte> entry = _entries.AsSpan(_start + (offset * _width));
            switch (_width)
            {
                case Near:
                    BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)(position - _first));
                    break;
                case Far:
                    BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)(position - _first));
                    break;
                default:
                    BinaryPrimitives.WriteInt64LittleEndian(entry, position);
                    break;
            }
        }
    }
}
