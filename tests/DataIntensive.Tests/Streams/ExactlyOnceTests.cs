namespace DataIntensive.Tests.Streams;

public sealed class MemoryExactlyOnceTests : ExactlyOnceContract
{
    protected override ValueTask<Database> OpenAsync() => new(Database.InMemory(Schema));

    // Memory does not outlive its process; the run starts anew on the same database.
    protected override ValueTask<Database> ReopenAsync(Database database) => new(database);

    protected override ValueTask CloseAsync(Database database) => database.DisposeAsync();
}

public sealed class LoggedExactlyOnceTests : ExactlyOnceContract
{
    private readonly TemporaryDirectory _directory = new();

    protected override ValueTask<Database> OpenAsync() => new(Database.OpenAsync(_directory.Path, Schema));

    protected override async ValueTask<Database> ReopenAsync(Database database)
    {
        await database.DisposeAsync();
        return await OpenAsync();
    }

    protected override async ValueTask CloseAsync(Database database)
    {
        await database.DisposeAsync();
        _directory.Dispose();
    }
}
