namespace DataIntensive.Tests.Causal;

public sealed class MemoryDatabaseCausalStoreTests : CausalStoreContract
{
    private readonly List<Database> _databases = [];

    protected override long RandomRuns => 100;

    protected override ValueTask<ICausalStore<string, int>> OpenAsync(string replica, CausalStoreOptions? options = null)
    {
        Database database = Database.InMemory(new DatabaseSchema().AddCausalStore<string, int>("numbers", new ReplicaId(replica), options: options));
        _databases.Add(database);
        return new(database.CausalStore<string, int>("numbers"));
    }

    protected override async ValueTask CloseAsync()
    {
        foreach (Database database in _databases)
        {
            await database.DisposeAsync();
        }
    }
}

public sealed class LoggedDatabaseCausalStoreTests : CausalStoreContract
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<Database> _databases = [];

    protected override long RandomRuns => 3;

    [Fact]
    public async Task Reopen_GivesTheSameClockValuesAndUpdates()
    {
        ICausalStore<string, int> c = await OpenAsync("c");
        ICausalStore<string, int> d = await OpenAsync("d");
        await d.WriteAsync("x", 1, cancellationToken: Stop);
        await c.WriteAsync("x", 2, cancellationToken: Stop);
        await c.WriteAsync("gone", 3, cancellationToken: Stop);
        await c.DeleteAsync("gone", cancellationToken: Stop);
        await CausalReplication.ExchangeAsync(c, d, Stop);
        VectorClock clock = await c.ReceiveAsync([], Stop);
        IReadOnlyList<CausalUpdate<string, int>> updates = await c.UpdatesAfterAsync(default, cancellationToken: Stop);

        await _databases[2].DisposeAsync();
        DatabaseCausalStore<string, int> reopened = (DatabaseCausalStore<string, int>)await OpenAsync("c");

        reopened.Clock.Should().Be(clock);
        reopened.Read("x").Values.Should().Equal(2, 1);
        reopened.Read("gone").Exists.Should().BeFalse();
        (await reopened.UpdatesAfterAsync(default, cancellationToken: Stop)).Should().Equal(updates);

        VectorClock next = await reopened.WriteAsync("x", 4, cancellationToken: Stop);
        next.Should().Be(clock.Increment(reopened.Replica), "no identity is given twice");
        await CausalReplication.ExchangeAsync(reopened, d, Stop);
        (await ValuesAsync(d, "x")).Should().Equal(4);
    }

    [Fact]
    public async Task Reopen_ForgetsWhatWasBufferedAndTheNextExchangeBringsIt()
    {
        ICausalStore<string, int> c = await OpenAsync("c");
        ICausalStore<string, int> d = await OpenAsync("d");
        await d.WriteAsync("x", 1, cancellationToken: Stop);
        await d.WriteAsync("x", 2, cancellationToken: Stop);
        await c.ReceiveAsync([(await d.UpdatesAfterAsync(default, cancellationToken: Stop))[1]], Stop);

        await _databases[2].DisposeAsync();
        DatabaseCausalStore<string, int> reopened = (DatabaseCausalStore<string, int>)await OpenAsync("c");
        reopened.BufferedUpdates.Should().Be(0);
        reopened.Clock.Should().Be(VectorClock.Empty);
        await CausalReplication.ExchangeAsync(reopened, d, Stop);

        reopened.Read("x").Values.Should().Equal(2);
    }

    [Fact]
    public async Task Reopen_UnderAnotherReplica_IsRefused()
    {
        await OpenAsync("c");
        await _databases[2].DisposeAsync();

        Func<Task> opening = () => Database.OpenAsync(_directory.File("c"), new DatabaseSchema().AddCausalStore<string, int>("numbers", new ReplicaId("d")), cancellationToken: Stop);

        await opening.Should().ThrowAsync<SchemaMismatchException>();
    }

    [Fact]
    public async Task Receive_OfMoreThanOneCommitTakes_IsSplit()
    {
        DatabaseOptions small = new() { Log = new CommitLogOptions { MaxCommitBytes = 1024 } };
        DatabaseSchema schema = new DatabaseSchema().AddCausalStore<string, int>("numbers", new ReplicaId("c"));
        await using Database database = await Database.OpenAsync(_directory.File("small"), schema, small, Stop);
        DatabaseCausalStore<string, int> store = database.CausalStore<string, int>("numbers");
        CausalUpdate<string, int>[] many =
        [
            .. Enumerable.Range(1, 200).Select(i => new CausalUpdate<string, int>(new Dot(new ReplicaId("d"), i), default, $"key {i}", i, isDelete: false)),
        ];

        (await store.ReceiveAsync(many, Stop)).Should().Be(VectorClock.Parse("d:200"));

        store.Read("key 200").Values.Should().Equal(200);
        store.BufferedUpdates.Should().Be(0);
    }

    protected override async ValueTask<ICausalStore<string, int>> OpenAsync(string replica, CausalStoreOptions? options = null)
    {
        DatabaseSchema schema = new DatabaseSchema().AddCausalStore<string, int>("numbers", new ReplicaId(replica), options: options);
        Database database = await Database.OpenAsync(_directory.File(replica), schema);
        _databases.Add(database);
        return database.CausalStore<string, int>("numbers");
    }

    protected override async ValueTask CloseAsync()
    {
        foreach (Database database in _databases)
        {
            await database.DisposeAsync();
        }

        _directory.Dispose();
    }
}
