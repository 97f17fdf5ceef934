using DataIntensive.Storage;

namespace DataIntensive.Logs;

// The segment files of a folder. Several may stand for the same part of the log when a compaction was cut short: the one that was
// compacted most often counts once its header is there, which is written last.
internal sealed class SegmentFiles
{
    private readonly Dictionary<long, List<SegmentName>> _byNumber = [];

    public SegmentFiles(IReadOnlyList<string> files)
    {
        foreach (string file in files)
        {
            if (SegmentName.TryParseSegment(file, out SegmentName name))
            {
                if (!_byNumber.TryGetValue(name.Number, out List<SegmentName>? names))
                {
                    _byNumber[name.Number] = names = [];
                }

                names.Add(name);
            }
        }

        foreach (List<SegmentName> names in _byNumber.Values)
        {
            names.Sort((left, right) => right.Generation.CompareTo(left.Generation));
        }
    }

    public bool Any => _byNumber.Count > 0;

    public IEnumerable<long> Numbers => _byNumber.Keys.Order();

    public IEnumerable<SegmentName> Newest(long first, long last) =>
        _byNumber.Where(entry => entry.Key >= first && entry.Key <= last).Select(entry => entry.Value[0]);

    // Opens the file that counts for the segment with that number.
    public LogSegment Open(IStorage storage, long number, StorageOpenMode mode)
    {
        if (!_byNumber.TryGetValue(number, out List<SegmentName>? names))
        {
            throw new LogCorruptException(new SegmentName(number, 0).Segment, 0, "a segment file", "no such file");
        }

        for (int i = 0; ; i++)
        {
            IStorageFile file = storage.Open(names[i].Segment, mode);
            try
            {
                if (ReadHeader(file, names[i], isOnly: i == names.Count - 1) is { } header)
                {
                    return new LogSegment(storage, names[i], header, file);
                }

                file.Dispose();
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
    }

    // Null when an older file counts.
    private static SegmentHeader? ReadHeader(IStorageFile file, SegmentName name, bool isOnly)
    {
        byte[] bytes = new byte[SegmentHeader.Bytes];
        int read = file.Read(0, bytes);
        SegmentHeader? header = SegmentHeader.Read(bytes.AsSpan(0, read), name.Segment, out (int Offset, string Expected, string Found) damage);
        if (header is null && isOnly)
        {
            throw new LogCorruptException(name.Segment, damage.Offset, damage.Expected, damage.Found);
        }

        if (header is { } found && found.Generation != name.Generation)
        {
            throw new LogCorruptException(name.Segment, 84, $"generation {name.Generation}", $"{found.Generation}");
        }

        return header;
    }
}
