using System.Buffers.Binary;

namespace DataIntensive.Logs;

// A ring of pages, of which the oldest is written anew, and an index over it: buckets of four places, in which the newest entry takes
// the place of the oldest. Both grow by doubling, and no page is touched before it is needed. An entry is the record's time, and the
// record as it stands in the file. Stale places are known by what they point to, so nothing is ever taken out.
internal sealed class RecordCacheShard(long mostBytes)
{
    private const int PageShift = 15;
    private const int PageBytes = 1 << PageShift;
    private const int BucketPlaces = 4;
    private const int PlacesOfPage = PageBytes / 128;
    private const int TimeBytes = sizeof(long);
    private const int HeldOfPage = PageBytes + (PlacesOfPage * (sizeof(long) + sizeof(long))) + (4 * sizeof(long));

    // 0 is where no entry is.
    private const long Start = 1;

    private readonly int _mostPages = (int)(mostBytes / HeldOfPage);
    private byte[]?[] _pages = [];
    private Place[] _places = [];

    // Where the next entry goes, in bytes over all that was ever written.
    private long _head = Start;

    public Lock Gate { get; } = new();

    public long HeldBytes_NeedsLock => (long)_pages.Length * HeldOfPage;

    // Of positions with the same distance from each other too, the bits are spread. The lowest choose the shard, the highest the bucket.
    public static uint Mix(long position) => (uint)((ulong)position * 0x9E37_79B9_7F4A_7C15 >> 32);

    public int Copy_NeedsLock(long position, Span<byte> destination, out long timeMicros)
    {
        long at = Find(position);
        if (at == 0)
        {
            timeMicros = 0;
            return 0;
        }

        ReadOnlySpan<byte> entry = PageOf(at).AsSpan((int)(at & (PageBytes - 1)));
        timeMicros = BinaryPrimitives.ReadInt64LittleEndian(entry);
        int size = RecordFormat.SizeOf(entry[TimeBytes..]);
        entry.Slice(TimeBytes, size).CopyTo(destination);
        return size;
    }

    public void Put_NeedsLock(long position, ReadOnlySpan<byte> record, long timeMicros)
    {
        if (Find(position) != 0)
        {
            // Another reader was faster.
            return;
        }

        int size = TimeBytes + record.Length;
        long at = MakeRoom(size);
        Span<byte> entry = PageOf(at).AsSpan((int)(at & (PageBytes - 1)), size);
        BinaryPrimitives.WriteInt64LittleEndian(entry, timeMicros);
        record.CopyTo(entry[TimeBytes..]);
        _head = at + size;
        Note(new Place(position, at));
    }

    public void Clear_NeedsLock()
    {
        Array.Clear(_places);
        _head = Start;
    }

    // 0 when it is not here. Of a page that is being written anew nothing old is given any more.
    private long Find(long position)
    {
        foreach (ref readonly Place place in Bucket(position))
        {
            if (place.Position == position && place.At >> PageShift > (_head >> PageShift) - _pages.Length)
            {
                return place.At;
            }
        }

        return 0;
    }

    private long MakeRoom(int size)
    {
        long at = _head;
        if ((at & (PageBytes - 1)) + size > PageBytes)
        {
            at = ((at >> PageShift) + 1) << PageShift;
        }

        // Only while the ring has never come round, so that every page stays where it is.
        if (at >> PageShift == _pages.Length && _pages.Length < _mostPages)
        {
            Grow();
        }

        return at;
    }

    private void Grow()
    {
        int pages = Math.Min(Math.Max(1, 2 * _pages.Length), _mostPages);
        Array.Resize(ref _pages, pages);
        Place[] places = _places;
        _places = new Place[pages * PlacesOfPage];
        foreach (Place place in places)
        {
            if (place.At != 0)
            {
                Note(place);
            }
        }
    }

    private void Note(Place place)
    {
        Span<Place> bucket = Bucket(place.Position);
        int oldest = 0;
        for (int i = 1; i < bucket.Length; i++)
        {
            oldest = bucket[i].At < bucket[oldest].At ? i : oldest;
        }

        bucket[oldest] = place;
    }

    private Span<Place> Bucket(long position)
    {
        ulong bucket = (ulong)Mix(position) * (ulong)(_places.Length / BucketPlaces) >> 32;
        return _places.Length == 0 ? [] : _places.AsSpan(BucketPlaces * (int)bucket, BucketPlaces);
    }

    private byte[] PageOf(long at) =>
        // Where it is not moved, and not cleared before it is written.
        _pages[(at >> PageShift) % _pages.Length] ??= GC.AllocateUninitializedArray<byte>(PageBytes, pinned: true);

    private readonly record struct Place(long Position, long At);
}
