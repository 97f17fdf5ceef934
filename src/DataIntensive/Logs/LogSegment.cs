using System.Globalization;
using DataIntensive.Storage;

namespace DataIntensive.Logs;

// One segment file, open for the life of the log. The writer grows it; readers only look at what was published.
internal sealed class LogSegment(string name, SegmentHeader header, IStorageFile file) : IDisposable
{
    private const string Extension = ".seg";
    private const int DigitsInName = 20;
    private const int IndexEveryBytes = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly List<(long FirstPosition, long Offset)> _index = [];
    private long _end = SegmentHeader.Bytes;

    public string Name => name;

    public SegmentHeader Header => header;

    public IStorageFile File => file;

    // Where the next frame goes; everything before it is written.
    public long End => Volatile.Read(ref _end);

    public static string NameOf(long number) => number.ToString("D20", CultureInfo.InvariantCulture) + Extension;

    public static bool IsName(string name) =>
        name.Length == DigitsInName + Extension.Length
        && name.EndsWith(Extension, StringComparison.Ordinal)
        && !name.AsSpan(0, DigitsInName).ContainsAnyExceptInRange('0', '9');

    public static long NumberOf(string name) => long.Parse(name.AsSpan(0, DigitsInName), NumberStyles.None, CultureInfo.InvariantCulture);

    public void Publish(long frameOffset, in FrameHeader frame)
    {
        lock (_gate)
        {
            if (frame.Records > 0 && (_index.Count == 0 || frameOffset - _index[^1].Offset >= IndexEveryBytes))
            {
                _index.Add((frame.FirstPosition, frameOffset));
            }
        }

        Volatile.Write(ref _end, frameOffset + frame.FrameBytes);
    }

    // An offset from which the position can be found by stepping forward.
    public long OffsetBefore(long position)
    {
        lock (_gate)
        {
            int low = 0;
            int high = _index.Count;
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                if (_index[middle].FirstPosition <= position)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low == 0 ? SegmentHeader.Bytes : _index[low - 1].Offset;
        }
    }

    public void Dispose() => file.Dispose();
}
