namespace DataIntensive.Tests.Changes;

/// <summary>A database with tables, in both forms; a restart closes and reopens where there is something to reopen.</summary>
public abstract class ChangesFixture : IAsyncLifetime
{
    private TemporaryDirectory? _directory;

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected abstract bool IsLogged { get; }

    protected Database Database { get; private set; } = null!;

    protected DatabaseChangeProducer<string, int> Products => Database.Changes<string, int>("products");

    protected DatabaseChangeProducer<int, string> Orders => Database.Changes<int, string>("orders");

    protected DatabaseStore<string, int> View => Database.Store<string, int>("view");

    private static DatabaseSchema Schema => new DatabaseSchema()
        .AddTable<string, int>("products")
        .AddTable<int, string>("orders")
        .AddStore<string, int>("view")
        .AddCheckpoints();

    public async ValueTask InitializeAsync()
    {
        if (IsLogged)
        {
            _directory = new TemporaryDirectory();
            Database = await Database.OpenAsync(_directory.Path, Schema);
        }
        else
        {
            Database = Database.InMemory(Schema);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        _directory?.Dispose();
        GC.SuppressFinalize(this);
    }

    protected async Task RestartAsync()
    {
        if (IsLogged)
        {
            await Database.DisposeAsync();
            Database = await Database.OpenAsync(_directory!.Path, Schema);
        }
    }

    protected async Task<List<ChangeEvent>> ReadAllAsync(LogPosition after = default, ChangeReadOptions? options = null)
    {
        List<ChangeEvent> changes = [];
        options ??= new ChangeReadOptions { Follow = false };
        await foreach (ChangeTransaction transaction in Database.ChangeSource().ReadAsync(after, options, Stop))
        {
            changes.AddRange(transaction.Changes);
        }

        return changes;
    }
}
