namespace DataIntensive.Tests.Consumers;

/// <summary>What every <see cref="ICheckpointStore"/> does.</summary>
public abstract class CheckpointStoreContract : IAsyncLifetime
{
    protected ICheckpointStore Checkpoints { get; private set; } = null!;

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Checkpoints = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Read_OfANewConsumer_IsTheStart() => (await Checkpoints.ReadAsync("nobody", Stop)).Should().Be(LogPosition.Start);

    [Fact]
    public async Task Save_ThenRead_GivesThePositionOfThatConsumerOnly()
    {
        await Checkpoints.SaveAsync("a", new LogPosition(5), Stop);
        await Checkpoints.SaveAsync("A", new LogPosition(7), Stop);

        (await Checkpoints.ReadAsync("a", Stop)).Should().Be(new LogPosition(5));
        (await Checkpoints.ReadAsync("A", Stop)).Should().Be(new LogPosition(7));
    }

    [Fact]
    public async Task Save_OfAnOlderPosition_ChangesNothing()
    {
        await Checkpoints.SaveAsync("a", new LogPosition(5), Stop);
        await Checkpoints.SaveAsync("a", new LogPosition(4), Stop);

        (await Checkpoints.ReadAsync("a", Stop)).Should().Be(new LogPosition(5));
    }

    [Fact]
    public async Task Save_ByManyAtOnce_KeepsTheNewest()
    {
        await Task.WhenAll(Enumerable.Range(1, 100).Select(position => Task.Run(async () => await Checkpoints.SaveAsync("a", new LogPosition(position), Stop))));

        (await Checkpoints.ReadAsync("a", Stop)).Should().Be(new LogPosition(100));
    }

    [Fact]
    public async Task EmptyName_IsRefused()
    {
        await Checkpoints.Awaiting(store => store.SaveAsync("", new LogPosition(1), Stop).AsTask()).Should().ThrowAsync<ArgumentException>();
        await Checkpoints.Awaiting(store => store.ReadAsync(null!, Stop).AsTask()).Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task CancelledToken_SavesNothing()
    {
        await Checkpoints.Awaiting(store => store.SaveAsync("a", new LogPosition(1), new CancellationToken(canceled: true)).AsTask()).Should().ThrowAsync<OperationCanceledException>();

        (await Checkpoints.ReadAsync("a", Stop)).Should().Be(LogPosition.Start);
    }

    protected abstract ValueTask<ICheckpointStore> OpenAsync();

    protected virtual ValueTask CloseAsync() => ValueTask.CompletedTask;
}

public sealed class InMemoryCheckpointStoreTests : CheckpointStoreContract
{
    protected override ValueTask<ICheckpointStore> OpenAsync() => new(new InMemoryCheckpointStore());
}

public sealed class MemoryDatabaseCheckpointStoreTests : CheckpointStoreContract
{
    private readonly Database _database = Database.InMemory(new DatabaseSchema().AddCheckpoints());

    protected override ValueTask<ICheckpointStore> OpenAsync() => new(_database.Checkpoints());

    protected override ValueTask CloseAsync() => _database.DisposeAsync();
}

public sealed class LoggedCheckpointStoreTests : CheckpointStoreContract
{
    private readonly TemporaryDirectory _directory = new();
    private Database? _database;

    [Fact]
    public async Task Reopen_GivesTheNewestPosition()
    {
        await Checkpoints.SaveAsync("a", new LogPosition(5), Stop);
        await _database!.DisposeAsync();

        _database = await Database.OpenAsync(_directory.Path, new DatabaseSchema().AddCheckpoints(), cancellationToken: Stop);

        _database.Checkpoints().Read("a").Should().Be(new LogPosition(5));
    }

    protected override async ValueTask<ICheckpointStore> OpenAsync()
    {
        _database = await Database.OpenAsync(_directory.Path, new DatabaseSchema().AddCheckpoints().AddCheckpoints());
        return _database.Checkpoints();
    }

    protected override async ValueTask CloseAsync()
    {
        await _database!.DisposeAsync();
        _directory.Dispose();
    }
}
