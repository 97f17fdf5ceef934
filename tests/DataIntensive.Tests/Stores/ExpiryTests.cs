using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.Stores;

/// <summary>Keys that end by themselves: when, in how large commits, over a restart, and where nothing does.</summary>
[Collection(AloneCollection.Name)]
public sealed class ExpiryTests : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly TemporaryDirectory _directory = new();
    private readonly DatabaseSchema _schema = new DatabaseSchema().AddStore<string, int>("leases");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Key_WithATimeToLive_TellsItsDeadlineAndGoesBehindIt()
    {
        await using Database database = OpenInMemory();
        DatabaseStore<string, int> store = database.Store<string, int>("leases");
        StoreEntry<int> entry = await store.WriteAsync("a", 1, Minute, Stop);

        entry.Deadline.Should().Be(_time.GetUtcNow() + Minute);
        store.Read("a").Should().Be(entry);
        LogPosition written = database.Visible;
        _time.Advance(Minute - TimeSpan.FromTicks(1));
        store.Read("a").Exists.Should().BeTrue();
        database.Visible.Should().Be(written, "nothing is due, so nothing is written");

        _time.Advance(TimeSpan.FromSeconds(1));

        StoreChange<string, int> change = await store.WatchAsync(entry.Revision, Stop).FirstAsync(Stop);
        (change.Key, change.IsDelete).Should().Be(("a", true));
        store.Read("a").Exists.Should().BeFalse();
    }

    [Fact]
    public async Task LaterWrite_ReplacesTheDeadline()
    {
        await using Database database = OpenInMemory();
        DatabaseStore<string, int> store = database.Store<string, int>("leases");
        foreach (string key in (string[])["stays", "renewed", "again", "goes"])
        {
            await store.WriteAsync(key, 1, Minute, Stop);
        }

        await store.WriteAsync("stays", 2, Stop);
        await store.WriteAsync("renewed", 2, 3 * Minute, Stop);
        await store.DeleteAsync("again", Stop);
        await store.WriteAsync("again", 2, Stop);
        Revision before = new(database.Visible.Value);

        _time.Advance(2 * Minute);

        (await store.WatchAsync(before, Stop).FirstAsync(Stop)).Key.Should().Be("goes");
        store.ReadAll().Select(entry => entry.Key).Should().BeEquivalentTo("stays", "renewed", "again");
        store.Read("stays").Deadline.Should().BeNull();

        _time.Advance(2 * Minute);
        (await store.WatchAsync(before, Stop).Take(2).LastAsync(Stop)).Key.Should().Be("renewed");
    }

    [Fact]
    public async Task ManyKeysAtOnce_GoInCommitsOfBoundedSize()
    {
        await using Database database = OpenInMemory();
        DatabaseStore<string, int> store = database.Store<string, int>("leases");
        await database.ExecuteAsync(
            transaction =>
            {
                for (int i = 0; i < 1000; i++)
                {
                    store.In(transaction).Write($"k{i}", i, Minute);
                }
            },
            cancellationToken: Stop);
        Revision before = new(database.Visible.Value);

        _time.Advance(2 * Minute);

        int gone = 0;
        await foreach (StoreCommit<string, int> commit in store.WatchCommitsAsync(before, Stop))
        {
            commit.Changes.Should().HaveCountLessThanOrEqualTo(256).And.OnlyContain(change => change.IsDelete);
            gone += commit.Changes.Count;
            if (gone == 1000)
            {
                break;
            }
        }

        store.ReadAll().Should().BeEmpty();
    }

    [Fact]
    public async Task Reopen_KeepsTheDeadline_AndEndsWhatIsDue()
    {
        StoreEntry<int> entry;
        await using (Database database = await OpenAsync())
        {
            await database.Store<string, int>("leases").WriteAsync("forever", 1, Stop);
            entry = await database.Store<string, int>("leases").WriteAsync("a", 1, Minute, Stop);
        }

        _time.Advance(2 * Minute);
        await using Database reopened = await OpenAsync();
        DatabaseStore<string, int> store = reopened.Store<string, int>("leases");
        store.Read("a").Should().Be(entry, "it is there until its end is committed");

        _time.Advance(TimeSpan.FromSeconds(1));

        (await store.WatchAsync(entry.Revision, Stop).FirstAsync(Stop)).IsDelete.Should().BeTrue();
        store.ReadAll().Should().ContainSingle().Which.Key.Should().Be("forever");
    }

    [Fact]
    public async Task ReadOnlyOpen_EndsNothing()
    {
        await using (Database database = await OpenAsync())
        {
            await database.Store<string, int>("leases").WriteAsync("a", 1, Minute, Stop);
        }

        _time.Advance(2 * Minute);
        CommitLog log = await CommitLog.OpenAsync(_directory.Path, new CommitLogOptions { OpenMode = LogOpenMode.ReadOnly, TimeProvider = _time }, Stop);
        await using Database reader = await Database.OpenAsync(log, _schema, new DatabaseOptions { TimeProvider = _time }, Stop);

        _time.Advance(Minute);
        _time.Advance(Minute);

        reader.Store<string, int>("leases").Read("a").Exists.Should().BeTrue();
        reader.State.Health.Should().Be(DatabaseHealth.Healthy);
    }

    [Fact]
    public async Task TimeToLive_OfZeroOrBeyondTheCalendar_IsRefusedAndWritesNothing()
    {
        await using Database database = OpenInMemory();
        DatabaseStore<string, int> store = database.Store<string, int>("leases");

        await store.Awaiting(s => s.WriteAsync("a", 1, TimeSpan.Zero, Stop).AsTask()).Should().ThrowAsync<ArgumentOutOfRangeException>();
        await store.Awaiting(s => s.WriteAsync("a", 1, TimeSpan.MaxValue, Stop).AsTask()).Should().ThrowAsync<ArgumentOutOfRangeException>();

        store.Read("a").Exists.Should().BeFalse();
    }

    // A lease that is renewed all the time leaves a former deadline behind each time; they must not pile up.
    [Fact]
    public async Task Renewals_DoNotPileUp()
    {
        await using Database database = Database.InMemory(_schema, new DatabaseOptions { TimeProvider = _time, MemoryLogBytes = 64 * 1024 });
        DatabaseStore<string, int> store = database.Store<string, int>("leases");
        await RenewAsync(2000);
        long before = GC.GetTotalMemory(forceFullCollection: true);

        await RenewAsync(40_000);

        (GC.GetTotalMemory(forceFullCollection: true) - before).Should().BeLessThan(40_000 * 16);
        store.Read("a").Exists.Should().BeTrue();

        async Task RenewAsync(int count)
        {
            for (int i = 0; i < count; i++)
            {
                await store.WriteAsync("a", i, Minute, Stop);
            }
        }
    }

    private Database OpenInMemory() => Database.InMemory(_schema, new DatabaseOptions { TimeProvider = _time });

    private Task<Database> OpenAsync() => Database.OpenAsync(_directory.Path, _schema, new DatabaseOptions { TimeProvider = _time }, Stop);
}
