namespace DataIntensive.Tests.Stores;

/// <summary>What few versions have, a deadline or one before them, stands beside the table: as long as it is needed, and no longer.</summary>
public sealed class StoreTailTests : IDisposable
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly TemporaryDirectory _directory = new();
    private readonly DatabaseSchema _schema = new DatabaseSchema().AddStore<string, int>("numbers");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tails_AreThereWhileTheyAreNeeded(bool inFiles)
    {
        await using Database database = await OpenAsync(inFiles);
        DatabaseStore<string, int> store = database.Store<string, int>("numbers");
        await store.WriteAsync("plain", 1, Stop);
        await store.WriteAsync("plain", 2, Stop);
        store.State.TailCount.Should().Be(0, "nobody needs the older one");

        await store.WriteAsync("ends", 1, Hour, Stop);
        await store.WriteAsync("ends", 2, Hour, Stop);
        await store.WriteAsync("gone", 1, Hour, Stop);
        store.State.TailCount.Should().Be(2);
        store.Read("ends").Deadline.Should().NotBeNull();

        using (DatabaseTransaction snapshot = database.BeginReadOnly())
        {
            await store.WriteAsync("plain", 3, Stop);
            await store.WriteAsync("ends", 3, Stop);
            await store.DeleteAsync("gone", Stop);
            store.State.TailCount.Should().Be(3);
            StoreTransaction<string, int> then = store.In(snapshot);
            (then.Read("plain").Value, then.Read("ends").Value, then.Read("gone").Value).Should().Be((2, 2, 1));
            then.Read("ends").Deadline.Should().NotBeNull();
        }

        await store.WriteAsync("other", 1, Stop);
        store.State.TailCount.Should().Be(0);
        (store.Read("plain").Value, store.Read("ends").Value, store.Read("gone").Exists).Should().Be((3, 3, false));
        store.Read("ends").Deadline.Should().BeNull();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ADeadline_ThatIsReplacedOrDeleted_LeavesNothing(bool inFiles)
    {
        await using (Database database = await OpenAsync(inFiles))
        {
            DatabaseStore<string, int> store = database.Store<string, int>("numbers");
            await store.WriteAsync("replaced", 1, Hour, Stop);
            await store.WriteAsync("deleted", 1, Hour, Stop);
            await store.WriteAsync("kept", 1, Hour, Stop);
            await store.WriteAsync("replaced", 2, Stop);
            await store.DeleteAsync("deleted", Stop);
            store.State.TailCount.Should().Be(1);
        }

        // The same by replay, which keeps no older versions.
        await using Database reopened = await OpenAsync(inFiles);
        reopened.Store<string, int>("numbers").State.TailCount.Should().Be(inFiles ? 1 : 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReadersBesideWritesWithAndWithoutDeadlines_SeeEachWithItsOwn(bool inFiles)
    {
        await using Database database = await OpenAsync(inFiles);
        DatabaseStore<string, int> store = database.Store<string, int>("numbers");
        int looked = 0;
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task<int> reader = Task.Run(() =>
        {
            int wrong = 0;
            while (!done.IsCancellationRequested)
            {
                // Odd values end by themselves, even ones do not.
                StoreEntry<int> entry = store.Read("key");
                looked += entry.Exists ? 1 : 0;
                wrong += entry.Deadline is not null == (entry.Value % 2 != 0) ? 0 : 1;
            }

            return wrong;
        });
        for (int value = 1; value <= (inFiles ? 300 : 50_000); value++)
        {
            if (value % 2 != 0)
            {
                await store.WriteAsync("key", value, Hour, Stop);
            }
            else
            {
                await store.WriteAsync("key", value, Stop);
            }
        }

        await done.CancelAsync();
        (await reader).Should().Be(0);
        looked.Should().BePositive();
    }

    private async ValueTask<Database> OpenAsync(bool inFiles) =>
        inFiles ? await Database.OpenAsync(_directory.Path, _schema, cancellationToken: Stop) : Database.InMemory(_schema);
}
