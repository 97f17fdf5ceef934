namespace DataIntensive.Tests.Transactions;

public sealed class MemoryDatabaseTests : DatabaseContract
{
    // The windows are some ns wide.
    protected override int LoneWrites => 200_000;

    [Fact]
    public async Task Log_InMemory_StaysBoundedWhenNobodyNeedsTheHistory()
    {
        await using Database database = Database.InMemory(Schema, new DatabaseOptions { MemoryLogBytes = 64 * 1024 });
        DatabaseStore<string, int> store = database.Store<string, int>("left");
        for (int i = 0; i < 10_000; i++)
        {
            await store.WriteAsync("a", i, Stop);
        }

        database.Log.Range.First.Value.Should().BeGreaterThan(5_000);
        store.Read("a").Value.Should().Be(9_999);
    }

    protected override ValueTask<Database> OpenAsync() => new(Database.InMemory(Schema));
}
