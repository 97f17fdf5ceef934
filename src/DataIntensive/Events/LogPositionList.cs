namespace DataIntensive.Events;

// Positions in ascending order, 8 bytes each, appended to by one thread at a time and read by any without a lock. A short list is one
// array that doubles; a long one adds chunks, so that growing neither copies much nor ends in the large object heap.
internal sealed class LogPositionList
{
    private const int ChunkShift = 12;
    private const int ChunkLength = 1 << ChunkShift;
    private const int ShortestLength = 4;

    private long[][] _chunks = [];
    private long _count;

    // Everything below the count is there: a reader takes the count first, and the chunks afterwards.
    public long Count => Volatile.Read(ref _count);

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
        long[][] chunks = Volatile.Read(ref _chunks);
        if (high == 0 || At(chunks, high - 1) <= position.Value)
        {
            return high;
        }

        long low = 0;
        while (low < high)
        {
            long middle = (low + high) >>> 1;
            if (At(chunks, middle) <= position.Value)
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

    public void Append(LogPosition position)
    {
        int chunk = (int)(_count >> ChunkShift);
        int offset = (int)(_count & (ChunkLength - 1));
        if (chunk == _chunks.Length)
        {
            Volatile.Write(ref _chunks, [.. _chunks, new long[chunk == 0 ? ShortestLength : ChunkLength]]);
        }
        else if (offset == _chunks[chunk].Length)
        {
            // The first and only chunk: readers may still hold the shorter one.
            long[] longer = new long[offset * 2];
            _chunks[chunk].CopyTo(longer, 0);
            Volatile.Write(ref _chunks, [longer]);
        }

        _chunks[chunk][offset] = position.Value;
        Volatile.Write(ref _count, _count + 1);
    }

    private static long At(long[][] chunks, long index) => chunks[(int)(index >> ChunkShift)][(int)(index & (ChunkLength - 1))];
}
