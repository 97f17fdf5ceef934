namespace DataIntensive.Tests.Events;

/// <summary>What an event store with archived streams gives, said in the plainest way.</summary>
internal sealed class ArchiveModel
{
    private readonly List<(long Position, string Tenant, string Stream, object Data, EventTag[] Tags)> _events = [];
    private readonly HashSet<(string Tenant, string Stream)> _archived = [];

    public bool WasEverArchived { get; private set; }

    public bool Append(string tenant, string stream, object data, EventTag[] tags)
    {
        bool taken = !_archived.Contains((tenant, stream));
        if (taken)
        {
            _events.Add((_events.Count + 1, tenant, stream, data, tags));
        }

        return taken;
    }

    public void Archive(string tenant, string stream)
    {
        if (_events.Exists(e => e.Tenant == tenant && e.Stream == stream))
        {
            _archived.Add((tenant, stream));
            WasEverArchived = true;
        }
    }

    public void Restore(string tenant, string stream) => _archived.Remove((tenant, stream));

    public long Head(string tenant) => _events.FindLast(e => e.Tenant == tenant).Position;

    public List<long> Positions(string tenant, EventQuery query, bool withArchived) =>
    [
        .. _events
            .Where(e => e.Tenant == tenant && (withArchived || !_archived.Contains((tenant, e.Stream))))
            .Where(e => query.IsAll || query.Items.Any(item => Means(item, e.Stream, e.Data, e.Tags)))
            .Select(e => e.Position),
    ];

    private static bool Means(EventQueryItem item, string stream, object data, EventTag[] tags) =>
        (item.Stream.IsDefault || item.Stream.Value == stream)
        && (item.Category is null || stream.StartsWith($"{item.Category}-", StringComparison.Ordinal))
        && (item.Types.Count == 0 || item.Types.Contains(data is Counted ? "counted" : "noted"))
        && item.Tags.All(tags.Contains);
}
