namespace DataIntensive.Logs;

// Where to begin looking for a position or a time in one segment: one frame of about every IndexEveryBytes. Grown by the writer
// while readers ask.
internal sealed class SegmentIndex
{
    public const int EveryBytes = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly List<SegmentIndexEntry> _entries;

    public SegmentIndex(List<SegmentIndexEntry>? entries = null) => _entries = entries ?? [];

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    public void Add(long frameOffset, in FrameHeader frame)
    {
        lock (_gate)
        {
            if (_entries.Count == 0 || frameOffset - _entries[^1].Offset >= EveryBytes)
            {
                _entries.Add(new SegmentIndexEntry(frame.FirstPosition, frameOffset, frame.TimeMicros));
            }
        }
    }

    public SegmentIndexEntry[] ToArray()
    {
        lock (_gate)
        {
            return [.. _entries];
        }
    }

    // When its first frame was built; the end of time when there is none.
    public long FirstTimeMicros
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count == 0 ? long.MaxValue : _entries[0].TimeMicros;
            }
        }
    }

    // The offset of the last indexed frame that begins at or before the position.
    public long OffsetBefore(long position) => Find(position, byTime: false)?.Offset ?? SegmentHeader.Bytes;

    // The first position of the last indexed frame that is older than the time; 0 when none is.
    public long PositionBeforeTime(long timeMicros) => Find(timeMicros - 1, byTime: true)?.FirstPosition ?? 0;

    private SegmentIndexEntry? Find(long last, bool byTime)
    {
        lock (_gate)
        {
            int low = 0;
            int high = _entries.Count;
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                SegmentIndexEntry entry = _entries[middle];
                if ((byTime ? entry.TimeMicros : entry.FirstPosition) <= last)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low == 0 ? null : _entries[low - 1];
        }
    }
}
