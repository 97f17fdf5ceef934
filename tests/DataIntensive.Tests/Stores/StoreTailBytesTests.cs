using DataIntensive.Stores;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.Stores;

/// <summary>What stands beside the table counts towards the size of the states, once, and no longer than it stands there.</summary>
[Collection(AloneCollection.Name)]
public sealed class StoreTailBytesTests : IDisposable
{
    private const int Keys = 20_000;
    private const int Kept = 10;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _time = new();
    private readonly DatabaseSchema _schema = new DatabaseSchema()
        .AddStore<long, long>("numbers")
        .AddStore<long, string>("kept", options: new StoreOptions<long> { KeptPositions = Kept });

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AStoreOfDeadlines_CountsAboutWhatItTakes_AndGivesItBack(bool byDeadline)
    {
        await using Database database = await OpenAsync(inFiles: false);
        DatabaseStore<long, long> store = database.Store<long, long>("numbers");
        long empty = database.StateBytes;
        long live = GC.GetTotalMemory(forceFullCollection: true);
        await WriteAllAsync(database, Hour);
        long taken = GC.GetTotalMemory(forceFullCollection: true) - live;
        long counted = database.StateBytes - empty;

        counted.Should().BeInRange(taken * 3 / 4, taken * 3 / 2);
        if (byDeadline)
        {
            _time.Advance(Hour + Hour);
            for (int i = 0; database.StateBytes > empty && i < 10_000; i++)
            {
                await Task.Delay(1, Stop);
            }
        }
        else
        {
            await database.ExecuteAsync(transaction => ForEach(key => store.In(transaction).Delete(key)), cancellationToken: Stop);
        }

        (database.StateBytes, store.State.TailCount).Should().Be((empty, 0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ADeadline_CountsOnce_HoweverOftenItIsSet_AlsoOverARestart(bool fromSnapshot)
    {
        long empty;
        long counted;
        await using (Database database = await OpenAsync(inFiles: true))
        {
            DatabaseStore<long, long> store = database.Store<long, long>("numbers");
            empty = database.StateBytes;
            await store.WriteAsync(1, 1, Stop);
            long plain = database.StateBytes;
            await store.WriteAsync(1, 2, Hour, Stop);
            long withDeadline = database.StateBytes;
            (withDeadline - plain).Should().Be(StoreState<long, long>.BytesPerTail + sizeof(long), "its record holds the deadline, too");
            using (database.BeginReadOnly())
            {
                await store.WriteAsync(1, 3, Hour, Stop);
                database.StateBytes.Should().Be(withDeadline, "what only snapshots keep is not counted");
            }

            await store.WriteAsync(1, 4, Hour, Stop);
            database.StateBytes.Should().Be(withDeadline);
            await store.WriteAsync(1, 5, Stop);
            database.StateBytes.Should().Be(plain);
            await store.WriteAsync(1, 6, Hour, Stop);
            counted = database.StateBytes;
            if (fromSnapshot)
            {
                await database.SnapshotAsync(Stop);
            }
        }

        await using Database reopened = await OpenAsync(inFiles: true);
        reopened.StateBytes.Should().Be(counted);
        await reopened.Store<long, long>("numbers").DeleteAsync(1, Stop);
        reopened.StateBytes.Should().Be(empty);
    }

    [Fact]
    public async Task AStoreOfDeadlines_IsRefusedAtItsLimit()
    {
        await using Database database = await OpenAsync(inFiles: false, new DatabaseOptions { TimeProvider = _time, MaxStateBytes = 64 * 1024 });
        DatabaseStore<long, long> store = database.Store<long, long>("numbers");
        int written = 0;
        StateFullException? full = null;
        while (full is null && written < 1_000)
        {
            try
            {
                await store.WriteAsync(written, 1, Hour, Stop);
                written++;
            }
            catch (StateFullException refusal)
            {
                full = refusal;
            }
        }

        full.Should().NotBeNull();
        written.Should().BeLessThan(64 * 1024 / (StoreState<long, long>.BytesPerKey + StoreState<long, long>.BytesPerTail));
        await store.WriteAsync(0, 2, Hour, Stop);
        await store.WriteAsync(0, 3, Stop);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task VersionsThatAreKeptForOlderPositions_AreCountedWhileTheyAre(bool inFiles, bool fromSnapshot)
    {
        string text = new('x', 1_000);
        long one = StoreState<long, string>.BytesPerTail + text.Length;
        long empty;
        long full;
        await using (Database database = await OpenAsync(inFiles))
        {
            empty = database.StateBytes;
            for (int i = 0; i < 5 * Kept; i++)
            {
                await database.Store<long, string>("kept").WriteAsync(1, text, Stop);
            }

            full = database.StateBytes;
            (full - empty).Should().BeInRange(Kept * one, (Kept + 2) * (one + 200));
            if (fromSnapshot)
            {
                await database.SnapshotAsync(Stop);
            }
        }

        await using Database again = await OpenAsync(inFiles);
        if (inFiles)
        {
            again.StateBytes.Should().BeInRange(full - one - 200, full + one + 200, "one may have been let go, or not yet");
        }

        // Written at once, so that some are forgotten while others come.
        DatabaseStore<long, string> kept = again.Store<long, string>("kept");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (int i = 0; i < 100; i++)
            {
                await kept.WriteAsync(i % 3, text, Stop);
                if (i % 10 == 9)
                {
                    await kept.DeleteAsync(i % 3, Stop);
                }
            }
        })));
        await again.ExecuteAsync(transaction =>
        {
            for (int key = 0; key < 3; key++)
            {
                kept.In(transaction).Delete(key);
            }
        }, cancellationToken: Stop);
        for (int i = 0; i < 3 * Kept; i++)
        {
            await again.Store<long, long>("numbers").WriteAsync(1, 1, Stop);
            await again.Store<long, long>("numbers").DeleteAsync(1, Stop);
        }

        // Their positions have passed: whoever writes next lets them go.
        await kept.WriteAsync(1, "", Stop);
        await kept.DeleteAsync(1, Stop);
        again.StateBytes.Should().BeInRange(empty, empty + StoreState<long, string>.BytesPerTail + 200, "nothing is kept but what was just deleted");
    }

    private static void ForEach(Action<long> act)
    {
        for (long key = 0; key < Keys; key++)
        {
            act(key);
        }
    }

    private static async Task WriteAllAsync(Database database, TimeSpan timeToLive) =>
        await database.ExecuteAsync(transaction => ForEach(key => database.Store<long, long>("numbers").In(transaction).Write(key, key, timeToLive)), cancellationToken: Stop);

    private ValueTask<Database> OpenAsync(bool inFiles) => OpenAsync(inFiles, new DatabaseOptions { TimeProvider = _time });

    private async ValueTask<Database> OpenAsync(bool inFiles, DatabaseOptions options) =>
        inFiles ? await Database.OpenAsync(_directory.Path, _schema, options, Stop) : Database.InMemory(_schema, options);
}
