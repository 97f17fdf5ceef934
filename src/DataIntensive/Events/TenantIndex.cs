using System.Collections.Concurrent;

namespace DataIntensive.Events;

// Where the events of one tenant stand. Written by one thread at a time, read by any; the lists only grow, and a reader takes of them
// what is at or before its position, so they hold staged events and every snapshot at once. When streams are archived or restored, the
// lists make way for others, and who has one goes on with it.
internal sealed class TenantIndex
{
    private LogPositionList _all = new();

    public TenantIndex(string name)
    {
        Name = name;
        Streams = new NameTable<StreamIndex>((stream, stored) => LoadStream(stream, stored));
    }

    public string Name { get; }

    public LogPositionList All
    {
        get => Volatile.Read(ref _all);
        set => Volatile.Write(ref _all, value);
    }

    public NameTable<StreamIndex> Streams { get; }

    public NameTable<LogPositionList> Types { get; } = new(LoadList);

    public NameTable<LogPositionList> Tags { get; } = new(LoadList);

    public ConcurrentDictionary<string, CategoryIndex> Categories { get; } = new(concurrencyLevel: 1, capacity: 31, StringComparer.Ordinal);

    public static ReadOnlySpan<char> CategoryOf(ReadOnlySpan<char> stream) => stream[..Math.Max(0, stream.IndexOf('-'))];

    // The newest event at or before a position; the default when there is none.
    public LogPosition NewestAt(LogPosition position)
    {
        LogPositionList all = All;
        LogPosition newest = all.CountUpTo(position) is > 0 and long count ? all[count - 1] : default;
        return all.NewestArchived > newest && all.NewestArchived <= position ? all.NewestArchived : newest;
    }

    public StreamIndex? Find(StreamId stream) => Streams.Find(stream.Value);

    // Without events at first.
    public StreamIndex Add(StreamId stream)
    {
        StreamIndex index = Make(stream.Value);
        Streams.Set(stream.Value, index);
        return index;
    }

    // Whoever makes a stream of what is stored may be any thread.
    public CategoryIndex CategoryNamed(ReadOnlySpan<char> name) =>
        Categories.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out CategoryIndex? category) ? category : Categories.GetOrAdd(name.ToString(), static _ => new CategoryIndex());

    // True when the list is new.
    public static bool Append(NameTable<LogPositionList> lists, string key, LogPosition position)
    {
        bool isNew = !lists.TryFind(key, out LogPositionList? list);
        list ??= new LogPositionList();
        list.Append(position);
        if (isNew)
        {
            lists.Set(key, list);
        }

        return isNew;
    }

    public static LogPositionList In(NameTable<LogPositionList> lists, string key)
    {
        if (!lists.TryFind(key, out LogPositionList? list))
        {
            lists.Set(key, list = new LogPositionList());
        }

        return list;
    }

    private static LogPositionList LoadList(string name, ArraySegment<byte> stored)
    {
        LogPositionList list = new();
        EventState.LoadList(list, stored);
        return list;
    }

    private StreamIndex LoadStream(string name, ArraySegment<byte> stored)
    {
        StreamIndex stream = Make(name);
        EventState.LoadStream(stream, stored);
        return stream;
    }

    private StreamIndex Make(string name)
    {
        ReadOnlySpan<char> category = CategoryOf(name);
        return new StreamIndex(StreamId.Stored(name), category.IsEmpty ? null : CategoryNamed(category));
    }
}
