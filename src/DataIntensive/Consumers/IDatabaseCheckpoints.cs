namespace DataIntensive.Consumers;

// A checkpoint store that stands for one in a database, which may have to be opened first.
internal interface IDatabaseCheckpoints
{
    ValueTask<DatabaseCheckpointStore> OpenAsync(CancellationToken cancellationToken);
}
