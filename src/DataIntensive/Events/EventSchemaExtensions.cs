using DataIntensive.Events;

namespace DataIntensive;

/// <summary>Event stores in a database.</summary>
public static class EventSchemaExtensions
{
    /// <summary>Declares an event store.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="map">Maps the types of events to their names; runs at once.</param>
    /// <param name="name">The event store's name, for good. Default <c>events</c>.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    /// <exception cref="ArgumentException">
    /// The event store is declared already, a name or type of events is mapped twice, or an older version has no upcaster.
    /// </exception>
    public static DatabaseSchema AddEvents(this DatabaseSchema schema, Action<EventMap> map, string name = "events", EventStoreOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(map);
        EventMap mapped = new();
        map(mapped);
        EventTypes types = mapped.Build();
        return schema.Add(EventState.EventsKind, name, database => new EventState(database, name, types, options ?? new EventStoreOptions()));
    }

    /// <summary>Gives an event store that the schema declares.</summary>
    /// <param name="database">The database.</param>
    /// <param name="name">The event store's name. Default <c>events</c>.</param>
    /// <exception cref="InvalidOperationException">It is not declared.</exception>
    public static DatabaseEventStore Events(this Database database, string name = "events")
    {
        ArgumentNullException.ThrowIfNull(database);
        return new DatabaseEventStore(database.Get<EventState>(EventState.EventsKind, name));
    }
}
