using System.Collections.Concurrent;
using System.Text;

namespace DataIntensive.Events;

// Where the events of one tenant stand. Written by one thread at a time, read by any; the lists only grow, and a reader takes of them
// what is at or before its position, so they hold staged events and every snapshot at once.
internal sealed class TenantIndex(string name, int streams = 31, int tags = 31)
{
    public string Name => name;

    public LogPositionList All { get; } = new();

    public ConcurrentDictionary<string, StreamIndex> Streams { get; } = Dictionary<StreamIndex>(streams);

    public ConcurrentDictionary<string, LogPositionList> Types { get; } = Dictionary<LogPositionList>();

    public ConcurrentDictionary<string, LogPositionList> Tags { get; } = Dictionary<LogPositionList>(tags);

    public ConcurrentDictionary<string, LogPositionList> Categories { get; } = Dictionary<LogPositionList>();

    public static ReadOnlySpan<char> CategoryOf(ReadOnlySpan<char> stream) => stream[..Math.Max(0, stream.IndexOf('-'))];

    public StreamIndex? Find(StreamId stream) => Streams.GetValueOrDefault(stream.Value);

    // By an id in UTF-8.
    public StreamIndex? Find(ReadOnlySpan<byte> stream)
    {
        Span<char> chars = stackalloc char[StreamId.MaxBytes];
        int length = Encoding.UTF8.GetChars(stream, chars);
        return Streams.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(chars[..length], out StreamIndex? found) ? found : null;
    }

    // Without events at first.
    public StreamIndex Add(StreamId stream)
    {
        ReadOnlySpan<char> category = CategoryOf(stream.Value);
        StreamIndex index = new(stream, category.IsEmpty ? null : ListIn(Categories, category));
        Streams[stream.Value] = index;
        return index;
    }

    // True when the list is new.
    public static bool Append(ConcurrentDictionary<string, LogPositionList> lists, string key, LogPosition position)
    {
        if (lists.TryGetValue(key, out LogPositionList? list))
        {
            list.Append(position);
            return false;
        }

        list = new LogPositionList();
        list.Append(position);
        lists[key] = list;
        return true;
    }

    public static LogPositionList ListIn(ConcurrentDictionary<string, LogPositionList> lists, ReadOnlySpan<char> key)
    {
        if (!lists.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(key, out LogPositionList? list))
        {
            list = new LogPositionList();
            lists[key.ToString()] = list;
        }

        return list;
    }

    private static ConcurrentDictionary<string, T> Dictionary<T>(int capacity = 31) => new(concurrencyLevel: 1, capacity, StringComparer.Ordinal);
}
