using System.Text;
using DataIntensive.Logs;

namespace DataIntensive.Events;

// Tells the records that a query means where no list leads to them: of archived events. Belongs to one reader.
internal sealed class ArchiveScan
{
    private readonly string _tenant;
    private readonly EventQuery _query;
    private readonly HashSet<string>[] _names;

    private ArchiveScan(string tenant, EventTypes types, EventQuery query)
    {
        _tenant = tenant;
        _query = query;
        _names = [.. query.Items.Select(item => types.StoredAs(item.Types).ToHashSet(StringComparer.Ordinal))];
    }

    // Null when the lists have all that the query means behind a position. Asked when the plan is made: what leaves the lists later is in
    // those that the plan has.
    public static ArchiveScan? For(TenantIndex tenant, EventTypes types, EventQuery query, LogPosition after) =>
        QueryPlan.NewestArchived(tenant, types, query) > after ? new ArchiveScan(tenant.Name, types, query) : null;

    public bool Means(in LogRecord record)
    {
        EventRecord stored = new(record.Body.Span, record.Position);
        if (Encoding.UTF8.GetString(stored.Tenant) != _tenant)
        {
            return false;
        }

        for (int i = 0; i < _query.Items.Count; i++)
        {
            if (Means(_query.Items[i], _names[i], stored))
            {
                return true;
            }
        }

        return _query.IsAll;
    }

    private static bool Means(EventQueryItem item, HashSet<string> names, in EventRecord stored)
    {
        if (item.Types.Count > 0 && !names.Contains(Encoding.UTF8.GetString(stored.Name)))
        {
            return false;
        }

        string stream = Encoding.UTF8.GetString(stored.Stream);
        return (item.Stream.IsDefault || item.Stream.Value == stream)
            && (item.Category is null || TenantIndex.CategoryOf(stream).SequenceEqual(item.Category))
            && (item.Tags.Count == 0 || item.Tags.All(stored.ReadTags().Contains));
    }
}
