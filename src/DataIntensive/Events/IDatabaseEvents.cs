namespace DataIntensive.Events;

// An event store that stands for one in a database, which may have to be opened first.
internal interface IDatabaseEvents
{
    ValueTask<DatabaseEventStore> OpenAsync(CancellationToken cancellationToken);
}
