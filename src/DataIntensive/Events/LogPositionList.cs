using System.Buffers;
using System.Runtime.InteropServices;
using DataIntensive.Internal;
using DataIntensive.Transactions;

namespace DataIntensive.Events;

// Positions in ascending order, appended to by one thread at a time and read by any without a lock. They are kept as distances of 4 bytes
// from the first of their chunk; a chunk that spans more than that keeps them whole. A short list is one chunk that doubles; a long one
// adds chunks, so that growing neither copies much nor ends in the large object heap.
internal sealed class LogPositionList
{
    public const int ChunkLength = 1 << ChunkShift;
    private const int ChunkShift = 12;
    private const int ShortestLength = 4;

    private Chunk[] _chunks = [];
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
    public LogPosition Newest => Count is > 0 and long count ? this[count - 1] : default;

    // From 0.
    public LogPosition this[long index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return new LogPosition(At(Volatile.Read(ref _chunks), index));
        }
    }

    // How many are at or before a position.
    public long CountUpTo(LogPosition position)
    {
        long high = Count;
        Chunk[] chunks = Volatile.Read(ref _chunks);
        return high == 0 || At(chunks, high - 1) <= position.Value ? high : Search(chunks, 0, high, position.Value);
    }

    // The same, for a caller who knows some that are: it looks near by first.
    public long CountUpTo(LogPosition position, long known)
    {
        long count = Count;
        Chunk[] chunks = Volatile.Read(ref _chunks);
        long low = Math.Min(known, count);
        long high = low;
        for (long step = 1; high < count && At(chunks, high) <= position.Value; step <<= 1)
        {
            low = high + 1;
            high = Math.Min(low + step, count);
        }

        return Search(chunks, low, high, position.Value);
    }

    public void Append(LogPosition position)
    {
        int chunk = (int)(_count >> ChunkShift);
        int offset = (int)(_count & (ChunkLength - 1));
        if (offset == 0)
        {
            Put(chunk, new Chunk(position.Value, chunk == 0 ? ShortestLength : ChunkLength));
        }
        else if (!_chunks[chunk].HasRoom(offset, position.Value))
        {
            // Readers may still hold the shorter or nearer one.
            _chunks = [.. _chunks];
            _chunks[chunk] = _chunks[chunk].WithRoom(offset, position.Value);
        }

        _chunks[chunk].Set(offset, position.Value);
        Volatile.Write(ref _count, _count + 1);
    }

    // The first so many, with some more or without some, in a list of their own. Positions are in ascending order; what is there already is
    // not added again, and what is not there is not taken out.
    public LogPositionList Changed(long count, ReadOnlySpan<long> positions, bool adds)
    {
        long archived = adds || positions.IsEmpty ? NewestArchived.Value : Math.Max(NewestArchived.Value, positions[^1]);
        LogPositionList changed = new() { NewestArchived = new LogPosition(archived) };
        Chunk[] chunks = Volatile.Read(ref _chunks);
        for (long i = 0; i < count; i++)
        {
            long position = At(chunks, i);
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
        Chunk[] chunks = Volatile.Read(ref _chunks);
        for (long written = 0; written < count; written += ChunkLength)
        {
            int length = (int)Math.Min(ChunkLength, count - written);
            writer.WriteByte(kind);
            writer.WriteVarint((ulong)length);
            chunks[(int)(written >> ChunkShift)].WriteTo(writer, length);
            writer.EndEntry();
        }
    }

    // Into a part of the slab, from where its use has come to: many short lists share one large array, which no collection moves.
    public void Load(ref SpanReader reader, uint[] slab, ref int used)
    {
        int length = (int)reader.ReadVarint();
        Put((int)(_count >> ChunkShift), Chunk.Read(ref reader, length, slab, ref used));
        _count += length;
    }

    private void AppendIf(bool isWanted, long position)
    {
        if (isWanted)
        {
            Append(new LogPosition(position));
        }
    }

    private static long At(Chunk[] chunks, long index) => chunks[(int)(index >> ChunkShift)].At((int)(index & (ChunkLength - 1)));

    // Of those from low to before high, all before low are at or before the position, and all from high on behind it.
    private static long Search(Chunk[] chunks, long low, long high, long position)
    {
        while (low < high)
        {
            long middle = (low + high) >>> 1;
            if (At(chunks, middle) <= position)
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

    private void Put(int index, in Chunk chunk)
    {
        if (index == _chunks.Length)
        {
            Chunk[] longer = new Chunk[index == 0 ? 1 : index * 2];
            _chunks.CopyTo(longer, 0);
            longer[index] = chunk;
            Volatile.Write(ref _chunks, longer);
        }
        else
        {
            _chunks[index] = chunk;
        }
    }

    // Near: distances from the first, in a part of an array. Far: whole positions, in an array of their own.
    private readonly struct Chunk
    {
        private readonly long _first;
        private readonly uint[]? _near;
        private readonly long[]? _far;
        private readonly int _start;
        private readonly int _length;

        public Chunk(long first, int length)
            : this(first, new uint[length], start: 0, length)
        {
        }

        private Chunk(long first, uint[] near, int start, int length)
        {
            _first = first;
            _near = near;
            _start = start;
            _length = length;
        }

        private Chunk(long[] far)
        {
            _far = far;
            _length = far.Length;
        }

        public static Chunk Read(ref SpanReader reader, int length, uint[] slab, ref int used)
        {
            long first = reader.ReadInt64();
            if (reader.ReadByte() == sizeof(uint))
            {
                reader.ReadInto(MemoryMarshal.AsBytes(slab.AsSpan(used, length)));
                used += length;
                return new Chunk(first, slab, used - length, length);
            }

            long[] far = GC.AllocateUninitializedArray<long>(length);
            reader.ReadInto(MemoryMarshal.AsBytes(far.AsSpan()));
            return new Chunk(far);
        }

        public long At(int offset) => _near is { } near ? _first + near[_start + offset] : _far![offset];

        public bool HasRoom(int offset, long position) =>
            offset < _length && (_near is null || position - _first <= uint.MaxValue);

        public Chunk WithRoom(int offset, long position)
        {
            int length = Math.Max(offset + 1, Math.Min(offset * 2, ChunkLength));
            if (_near is { } near && position - _first <= uint.MaxValue)
            {
                uint[] longer = new uint[length];
                near.AsSpan(_start, offset).CopyTo(longer);
                return new Chunk(_first, longer, start: 0, length);
            }

            long[] far = new long[length];
            for (int i = 0; i < offset; i++)
            {
                far[i] = At(i);
            }

            return new Chunk(far);
        }

        public void WriteTo(StateSnapshotWriter writer, int length)
        {
            writer.WriteInt64(_first);
            writer.WriteByte((byte)(_near is null ? sizeof(long) : sizeof(uint)));
            writer.Write(_near is { } near ? MemoryMarshal.AsBytes(near.AsSpan(_start, length)) : MemoryMarshal.AsBytes(_far!.AsSpan(0, length)));
        }

        public void Set(int offset, long position)
        {
            if (_near is { } near)
            {
                near[_start + offset] = (uint)(position - _first);
            }
            else
            {
                _far![offset] = position;
            }
        }
    }
}
