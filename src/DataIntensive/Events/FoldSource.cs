namespace DataIntensive.Events;

// Whose events are folded. Types: null when the event store is none of a database.
internal readonly record struct FoldSource(string Store, string Tenant, EventTypes? Types)
{
    public static FoldSource Of(DatabaseEventStore? store) => store is null ? new FoldSource("", "", null) : new FoldSource(store.Name, store.Tenant, store.State.Types);
}
