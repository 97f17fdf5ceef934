
namespace DataIntensive.Events;

// Which lists a query walks. What came into being after it was made, it does not see.
internal static class QueryPlan
{
    public static PositionCursor For(TenantIndex tenant, EventTypes types, EventQuery query)
    {
        if (query.IsAll)
        {
            return new ListCursor(tenant.All);
        }

        List<PositionCursor> any = new(query.Items.Count);
        foreach (EventQueryItem item in query.Items)
        {
            if (For(tenant, types, item) is { } cursor)
            {
                any.Add(cursor);
            }
        }

        return any.Count == 1 ? any[0] : new AnyCursor([.. any]);
    }

    // At or behind the newest archived event that the query means, among those that are kept out of the lists; the default when there is
    // none. It may be of another event: of each list only the newest is known.
    public static LogPosition NewestArchived(TenantIndex tenant, EventTypes types, EventQuery query)
    {
        if (query.IsAll)
        {
            return tenant.All.NewestArchived;
        }

        long newest = 0;
        foreach (EventQueryItem item in query.Items)
        {
            newest = Math.Max(newest, NewestArchived(tenant, types, item));
        }

        return new LogPosition(newest);
    }

    private static long NewestArchived(TenantIndex tenant, EventTypes types, EventQueryItem item)
    {
        long newest = long.MaxValue;
        foreach (EventTag tag in item.Tags)
        {
            newest = Math.Min(newest, NewestIn(tenant.Tags, tag.Value));
        }

        if (!item.Stream.IsDefault)
        {
            newest = Math.Min(newest, tenant.Find(item.Stream)?.Positions.NewestArchived.Value ?? 0);
        }

        if (item.Category is { } category)
        {
            newest = Math.Min(newest, tenant.Categories.GetValueOrDefault(category)?.Positions.NewestArchived.Value ?? 0);
        }

        return item.Types.Count == 0 ? newest : Math.Min(newest, types.StoredAs(item.Types).Max(name => NewestIn(tenant.Types, name)));

        static long NewestIn(NameTable<LogPositionList> lists, string key) => lists.Find(key)?.NewestArchived.Value ?? 0;
    }

    // Null when there is no such event.
    private static PositionCursor? For(TenantIndex tenant, EventTypes types, EventQueryItem item)
    {
        List<PositionCursor> all = new(item.Tags.Count + 3);
        foreach (EventTag tag in item.Tags)
        {
            if (!Add(all, tenant.Tags, tag.Value))
            {
                return null;
            }
        }

        if (!item.Stream.IsDefault)
        {
            if (tenant.Find(item.Stream) is not { } stream)
            {
                return null;
            }

            all.Add(new ListCursor(stream.Positions));
        }

        if (item.Category is { } category)
        {
            if (!tenant.Categories.TryGetValue(category, out CategoryIndex? streams))
            {
                return null;
            }

            all.Add(new ListCursor(streams.Positions));
        }

        if (item.Types.Count > 0)
        {
            List<PositionCursor> names = [];
            foreach (string name in types.StoredAs(item.Types))
            {
                Add(names, tenant.Types, name);
            }

            all.Add(names.Count == 1 ? names[0] : new AnyCursor([.. names]));
        }

        return all.Count == 1 ? all[0] : new AllCursor([.. all]);
    }

    private static bool Add(List<PositionCursor> cursors, NameTable<LogPositionList> lists, string key)
    {
        bool found = lists.TryFind(key, out LogPositionList? list);
        if (found)
        {
            cursors.Add(new ListCursor(list!));
        }

        return found;
    }
}
