namespace DataIntensive.Events;

internal static class DatabaseEvents
{
    // Null when the events are in no database.
    public static async ValueTask<DatabaseEventStore?> OfAsync(IEventStore store, CancellationToken cancellationToken) => store switch
    {
        DatabaseEventStore durable => durable,
        IDatabaseEvents lazy => await lazy.OpenAsync(cancellationToken).ConfigureAwait(false),
        _ => null,
    };
}
