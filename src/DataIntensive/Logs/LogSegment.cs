using DataIntensive.Storage;

namespace DataIntensive.Logs;

// One segment file. The writer grows it; readers only look at what was published. It is closed with the log, or, when it was trimmed or
// compacted, as soon as the last reader has left it: a deleted file takes space until then.
internal sealed class LogSegment(IStorage storage, SegmentName name, SegmentHeader header, IStorageFile file) : IDisposable
{
    // One for the log, and one for each reader that is in it.
    private int _uses = 1;
    private SegmentIndex? _index = new();
    private long _end = SegmentHeader.Bytes;

    public string Name => name.Segment;

    public string IndexName => name.Index;

    public SegmentHeader Header => header;

    public IStorageFile File => file;

    // Where the next frame goes; everything before it is written.
    public long End => Volatile.Read(ref _end);

    public SegmentIndex Index => Volatile.Read(ref _index) ?? LoadIndex();

    public void Publish(long frameOffset, in FrameHeader frame)
    {
        Index.Add(frameOffset, frame);
        PublishEnd(frameOffset + frame.FrameBytes);
    }

    // The same file under the header that makes it count.
    public LogSegment WithHeader(SegmentHeader whole)
    {
        LogSegment segment = new(storage, name, whole, file) { _index = _index };
        segment.PublishEnd(End);
        return segment;
    }

    public void PublishEnd(long end) => Volatile.Write(ref _end, end);

    // For a segment whose frames were not looked at: the index is read when somebody asks for it.
    public void PublishUnseen(long end)
    {
        Volatile.Write(ref _index, null);
        PublishEnd(end);
    }

    // False when it is closed already: another stands in its place by now, or none.
    public bool TryEnter()
    {
        int uses = Volatile.Read(ref _uses);
        while (uses > 0)
        {
            int found = Interlocked.CompareExchange(ref _uses, uses + 1, uses);
            if (found == uses)
            {
                return true;
            }

            uses = found;
        }

        return false;
    }

    public void Leave()
    {
        if (Interlocked.Decrement(ref _uses) == 0)
        {
            file.Dispose();
        }
    }

    // At once, whoever reads.
    public void Dispose() => file.Dispose();

    // Two readers may do this at once, and find the same.
    private SegmentIndex LoadIndex()
    {
        SegmentIndex index = IndexFile.TryReadEntries(storage, this) ?? Rebuild();
        Volatile.Write(ref _index, index);
        return index;
    }

    private SegmentIndex Rebuild()
    {
        SegmentIndex index = new();
        using FrameScanner scanner = new(file, header.Salt, SegmentHeader.Bytes);
        while (scanner.TrySkip(End, out long offset, out FrameHeader frame))
        {
            index.Add(offset, frame);
        }

        return index;
    }
}
