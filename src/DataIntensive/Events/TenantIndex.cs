using System.Collections.Concurrent;
using System.Text;

namespace DataIntensive.Events;

// Where the events of one tenant stand. Written by one thread at a time, read by any; the lists only grow, and a reader takes of them
// what is at or before its position, so they hold staged events and every snapshot at once. When streams are archived or restored, the
// lists make way for others, and who has one goes on with it.
internal sealed class TenantIndex(string name, int streams = 31, int tags = 31)
{
    private LogPositionList _all = new();

    public string Name => name;

    public LogPositionList All
    {
        get => Volatile.Read(ref _all);
        set => Volatile.Write(ref _all, value);
    }

    public ConcurrentDictionary<string, StreamIndex> Streams { get; } = Dictionary<StreamIndex>(streams);

    public ConcurrentDictionary<string, LogPositionList> Types { get; } = Dictionary<LogPositionList>();

    public ConcurrentDictionary<string, LogPositionList> Tags { get; } = Dictionary<LogPositionList>(tags);

    public ConcurrentDictionary<string, CategoryIndex> Categories { get; } = Dictionary<CategoryIndex>();

    public static ReadOnlySpan<char> CategoryOf(ReadOnlySpan<char> stream) => stream[..Math.Max(0, stream.IndexOf('-'))];

    // The newest event at or before a position; the default when there is none.
    public LogPosition NewestAt(LogPosition position)
    {
        LogPositionList all = All;
        LogPosition newest = all.CountUpTo(position) is > 0 and long count ? all[count - 1] : default;
        return all.NewestArchived > newest && all.NewestArchived <= position ? all.NewestArchived : newest;
    }

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
        StreamIndex index = new(stream, category.IsEmpty ? null : In(Categories, category));
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

    public static T In<T>(ConcurrentDictionary<string, T> all, ReadOnlySpan<char> key)
        where T : class, new()
    {
        if (!all.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(key, out T? one))
        {
            one = new T();
            all[key.ToString()] = one;
        }

        return one;
    }

    private static ConcurrentDictionary<string, T> Dictionary<T>(int capacity = 31) => new(concurrencyLevel: 1, capacity, StringComparer.Ordinal);
}
