using System.Text;
using DataIntensive.Logs;

namespace DataIntensive.Events;

// The lists that streams share with others: takes the events of some streams of a tenant out of them, or puts them back. The new lists are
// made beside commits; what was appended meanwhile comes along when they take the place of the old ones. Who has an old one goes on with it.
internal sealed class SharedLists(TenantIndex tenant, bool adds)
{
    private readonly List<long> _all = [];
    private readonly Dictionary<CategoryIndex, List<long>> _categories = [];
    private readonly Dictionary<string, List<long>> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<long>> _tags = new(StringComparer.Ordinal);
    private readonly List<Change> _changes = [];

    public long Events => _all.Count;

    public long Tags { get; private set; }

    // An event that was compacted away stays in the lists that only its record tells: nobody is shown it.
    public void Add(StreamIndex stream, LogPositionList positions, long count, EventReader reader)
    {
        for (long i = 0; i < count; i++)
        {
            long position = positions[i].Value;
            _all.Add(position);
            if (stream.Category is { } category)
            {
                In(_categories, category).Add(position);
            }

            if (!reader.TryRead(positions[i], out LogRecord record))
            {
                continue;
            }

            EventRecord stored = new(record.Body.Span, record.Position);
            In(_types, Encoding.UTF8.GetString(stored.Name)).Add(position);
            foreach (EventTag tag in stored.ReadTags())
            {
                In(_tags, tag.Value).Add(position);
                Tags++;
            }
        }
    }

    public void Prepare()
    {
        _changes.Add(new Change(() => tenant.All, list => tenant.All = list, _all, adds));
        _changes.AddRange(_categories.Select(category => new Change(() => category.Key.Positions, list => category.Key.Positions = list, category.Value, adds)));
        _changes.AddRange(_types.Select(type => Of(tenant.Types, type)));
        _changes.AddRange(_tags.Select(tag => Of(tenant.Tags, tag)));
    }

    // Says of the old lists too what the new ones no longer have.
    public void Announce_NeedsSequencer() => _changes.ForEach(change => change.Announce_NeedsSequencer());

    public void Apply_NeedsSequencer() => _changes.ForEach(change => change.Apply_NeedsSequencer());

    private Change Of(NameTable<LogPositionList> lists, KeyValuePair<string, List<long>> positions) =>
        new(() => lists.Find(positions.Key), list => lists.Set(positions.Key, list), positions.Value, adds);

    private static List<long> In<TKey>(Dictionary<TKey, List<long>> lists, TKey key)
        where TKey : notnull
    {
        if (!lists.TryGetValue(key, out List<long>? list))
        {
            lists.Add(key, list = []);
        }

        return list;
    }

    private sealed class Change
    {
        private readonly Func<LogPositionList?> _get;
        private readonly Action<LogPositionList> _put;
        private readonly long[] _positions;
        private readonly bool _adds;
        private readonly LogPositionList? _from;
        private readonly long _count;
        private readonly LogPositionList _made;

        public Change(Func<LogPositionList?> get, Action<LogPositionList> put, List<long> positions, bool adds)
        {
            positions.Sort();
            (_get, _put, _positions, _adds) = (get, put, [.. positions], adds);
            _from = get();
            _count = _from?.Count ?? 0;
            _made = (_from ?? new LogPositionList()).Changed(_count, _positions, adds);
        }

        public void Announce_NeedsSequencer()
        {
            if (_get() is { } now && _made.NewestArchived > now.NewestArchived)
            {
                now.NewestArchived = _made.NewestArchived;
            }
        }

        public void Apply_NeedsSequencer()
        {
            LogPositionList? now = _get();
            if (now is null || ReferenceEquals(now, _from))
            {
                _made.AppendRest(now, _count);
                _put(_made);
            }
            else
            {
                // Others were archived or restored meanwhile.
                _put(now.Changed(now.Count, _positions, _adds));
            }
        }
    }
}
