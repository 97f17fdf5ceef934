using DataIntensive.Storage;

namespace DataIntensive.Logs;

// One segment file, open for the life of the log. The writer grows it; readers only look at what was published.
internal sealed class LogSegment(IStorage storage, SegmentName name, SegmentHeader header, IStorageFile file) : IDisposable
{
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
