namespace DataIntensive.Tests.Stores;

public sealed class MemoryDatabaseStoreTests : LinearizableStoreContract
{
    private Database? _database;

    protected override ValueTask<ILinearizableStore<string, int>> OpenAsync()
    {
        _database = Database.InMemory(new DatabaseSchema().AddStore<string, int>("numbers"));
        return new(_database.Store<string, int>("numbers"));
    }

    protected override ValueTask CloseAsync() => _database!.DisposeAsync();
}

public sealed class LoggedDatabaseStoreTests : LinearizableStoreContract
{
    private readonly TemporaryDirectory _directory = new();
    private readonly DatabaseSchema _schema = new DatabaseSchema().AddStore<string, int>("numbers");
    private Database? _database;

    [Fact]
    public async Task Reopen_GivesTheSameEntries()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        await Store.WriteAsync("a", 1, stop);
        await Store.WriteAsync("a", 2, stop);
        await Store.WriteAsync("b", 3, stop);
        await Store.DeleteAsync("b", stop);
        StoreEntry<int> before = await Store.ReadAsync("a", stop);

        await _database!.DisposeAsync();
        _database = await Database.OpenAsync(_directory.Path, _schema, cancellationToken: stop);
        DatabaseStore<string, int> reopened = _database.Store<string, int>("numbers");

        reopened.Read("a").Should().Be(before);
        reopened.Read("b").Exists.Should().BeFalse();
        (await reopened.WatchAsync(Revision.None, stop).Take(4).CountAsync(stop)).Should().Be(4);
    }

    protected override async ValueTask<ILinearizableStore<string, int>> OpenAsync()
    {
        _database = await Database.OpenAsync(_directory.Path, _schema);
        return _database.Store<string, int>("numbers");
    }

    protected override async ValueTask CloseAsync()
    {
        await _database!.DisposeAsync();
        _directory.Dispose();
    }
}
