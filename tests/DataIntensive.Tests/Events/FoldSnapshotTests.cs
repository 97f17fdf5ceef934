namespace DataIntensive.Tests.Events;

public sealed class MemoryFoldSnapshotTests : FoldSnapshotContract
{
    [Fact]
    public async Task Save_PastItsCapacity_ForgetsTheOldest()
    {
        InMemoryFoldSnapshotStore store = new(capacity: 2);
        FoldSnapshotKey key = new("", "", "a", "tally", "0");
        foreach (string stream in (string[])["a", "b", "a", "c"])
        {
            await store.SaveAsync(key with { Stream = stream }, new FoldSnapshot(1, new byte[] { 1 }), 2, Stop);
        }

        store.Count.Should().Be(2);
        (await store.ReadAsync(key with { Stream = "b" }, 1, Stop)).Should().BeNull();
        (await store.ReadAsync(key, 1, Stop)).Should().NotBeNull();
    }

    private protected override ValueTask OpenAsync()
    {
        Database = Database.InMemory(Schema, new DatabaseOptions { TimeProvider = Time });
        Store = new InMemoryFoldSnapshotStore();
        return ValueTask.CompletedTask;
    }

    protected override ValueTask CloseAsync() => Database.DisposeAsync();
}

public sealed class DatabaseFoldSnapshotTests : FoldSnapshotContract
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public async Task Reopen_GoesOnFromTheSnapshot()
    {
        await AppendAsync("a", 120);
        FoldSnapshots<Tally> snapshots = Snapshots();
        await Repository(snapshots).LoadAsync("a", Stop);
        await snapshots.FlushAsync(Stop);
        await Database.DisposeAsync();
        await OpenAsync();

        (FoldedStream<Tally> loaded, int evolved) = await LoadCountedAsync(Snapshots());

        (loaded.State.Count, evolved).Should().Be((120, 0));
    }

    [Fact]
    public void FoldSnapshots_NotDeclared_SaysHow()
    {
        using Database without = Database.InMemory(new DatabaseSchema().AddEvents(TestEvents.Map));

        without.Invoking(database => database.FoldSnapshots()).Should().Throw<InvalidOperationException>().WithMessage("*AddFoldSnapshots*");
    }

    private protected override async ValueTask OpenAsync()
    {
        Database = await Database.OpenAsync(_directory.Path, Schema, new DatabaseOptions { TimeProvider = Time }, Stop);
        Store = Database.FoldSnapshots();
    }

    protected override async ValueTask CloseAsync()
    {
        await Database.DisposeAsync();
        _directory.Dispose();
    }
}
