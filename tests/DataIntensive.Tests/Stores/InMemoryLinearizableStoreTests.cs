namespace DataIntensive.Tests.Stores;

public sealed class InMemoryLinearizableStoreTests : LinearizableStoreContract
{
    protected override ValueTask<ILinearizableStore<string, int>> OpenAsync() => new(LinearizableStore.InMemory<string, int>());

    [Fact]
    public async Task Watch_FallenBehindTheKeptChanges_SaysWhereToResume()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        ILinearizableStore<string, int> store = LinearizableStore.InMemory<string, int>(new InMemoryStoreOptions { KeptChanges = 10 });
        IAsyncEnumerable<StoreChange<string, int>> watch = store.WatchAsync(cancellationToken: stop);
        for (int i = 0; i < 20; i++)
        {
            await store.WriteAsync("k", i, stop);
        }

        LogHistoryGoneException gone = (await watch.Awaiting(w => w.FirstAsync(stop).AsTask()).Should().ThrowAsync<LogHistoryGoneException>()).Which;

        List<int> rest = await store.WatchAsync(new Revision(gone.ResumeAfter.Value), stop).Take(10).Select(change => change.Value).ToListAsync(stop);
        rest.Should().Equal(Enumerable.Range(10, 10));
    }
}
