namespace DataIntensive.Logs;

// Where to begin looking for a position or a time in one segment: one frame of about every IndexEveryBytes. Grown by the writer
// while readers ask.
internal sealed class SegmentIndex
{
    public const int EveryBytes = 16 * 1024;

    private SegmentIndexEntry[] _entries;
    private int _count;

    public SegmentIndex(SegmentIndexEntry[]? entries = null)
    {
        _entries = entries ?? [];
        _count = _entries.Length;
    }

    public int Count => Volatile.Read(ref _count);

    // When its first frame was built; the end of time when there is none.
    public long FirstTimeMicros
    {
        get
        {
            ReadOnlySpan<SegmentIndexEntry> entries = Entries();
            return entries.IsEmpty ? long.MaxValue : entries[0].TimeMicros;
        }
    }

    public void Add(long frameOffset, in FrameHeader frame)
    {
        if (_count > 0 && frameOffset - _entries[_count - 1].Offset < EveryBytes)
        {
            return;
        }

        if (_count == _entries.Length)
        {
            SegmentIndexEntry[] longer = new SegmentIndexEntry[Math.Max(4, 2 * _count)];
            _entries.CopyTo(longer, 0);
            Volatile.Write(ref _entries, longer);
        }

        _entries[_count] = new SegmentIndexEntry(frame.FirstPosition, frameOffset, frame.TimeMicros);
        Volatile.Write(ref _count, _count + 1);
    }

    public SegmentIndexEntry[] ToArray() => Entries().ToArray();

    // The offset of the last indexed frame that begins at or before the position.
    public long OffsetBefore(long position) => Find(position, byTime: false)?.Offset ?? SegmentHeader.Bytes;

    // The first position of the last indexed frame that is older than the time; 0 when none is.
    public long PositionBeforeTime(long timeMicros) => Find(timeMicros - 1, byTime: true)?.FirstPosition ?? 0;

    private SegmentIndexEntry? Find(long last, bool byTime)
    {
        ReadOnlySpan<SegmentIndexEntry> entries = Entries();
        int low = 0;
        int high = entries.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            ref readonly SegmentIndexEntry entry = ref entries[middle];
            if ((byTime ? entry.TimeMicros : entry.FirstPosition) <= last)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low == 0 ? null : entries[low - 1];
    }

    // Everything below the count is there: a reader takes the count first, and the array afterwards.
    private ReadOnlySpan<SegmentIndexEntry> Entries()
    {
        int count = Volatile.Read(ref _count);
        return Volatile.Read(ref _entries).AsSpan(0, count);
    }
}
