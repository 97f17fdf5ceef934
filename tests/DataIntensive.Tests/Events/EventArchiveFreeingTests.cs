using DataIntensive.Logs;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.Events;

/// <summary>The memory of archived events is free as soon as nobody needs them, and no commit has to come for it.</summary>
public sealed class EventArchiveFreeingTests : IDisposable
{
    private const int Archived = 100;

    private static readonly TimeSpan FlushInterval = TimeSpan.FromMilliseconds(20);
    private static readonly DatabaseSchema Schema = new DatabaseSchema().AddEvents(TestEvents.Map);

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhenTheLastSnapshotBeforeItIsClosed(bool inFiles)
    {
        await using Database database = await OpenAsync(inFiles);
        DatabaseTransaction first = database.BeginReadOnly();
        await FillAsync(database);
        DatabaseTransaction second = database.BeginReadOnly();
        await ArchiveAsync(database);
        first.Dispose();
        await database.Events().State.Archiving;
        database.Events().State.ArchivedEvents.Should().Be(0, "one that needs them is open");

        second.Dispose();

        await FreedAsync(database);
    }

    [Fact]
    public async Task WhenTheLastSnapshotBeforeItIsTooOld()
    {
        await using Database database = await OpenAsync(inFiles: false);
        await FillAsync(database);
        using DatabaseTransaction snapshot = database.BeginReadOnly();
        await ArchiveAsync(database);
        database.Events().State.ArchivedEvents.Should().Be(0);

        _time.Advance(TimeSpan.FromHours(1));

        await FreedAsync(database);
    }

    [Fact]
    public async Task WhenAnArchivingThatNeedNotBeFlushedIsFlushed()
    {
        await using Database database = await OpenAsync(inFiles: true, Durability.Os);
        await FillAsync(database);
        await ArchiveAsync(database);

        await FreedAsync(database);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhenADatabaseIsOpenedWhoseSnapshotHasThem(bool losesSnapshots)
    {
        await using (Database database = await OpenAsync(inFiles: true))
        {
            await FillAsync(database);
            using DatabaseTransaction snapshot = database.BeginReadOnly();
            await ArchiveAsync(database);
            await database.SnapshotAsync(Stop);
            database.Events().State.ArchivedEvents.Should().Be(0, "they are needed still");
            await database.DisposeAsync();
        }

        if (losesSnapshots)
        {
            Array.ForEach(Directory.GetFiles(_directory.Path, "*.snap"), File.Delete);
        }

        await using Database opened = await OpenAsync(inFiles: true);
        (opened.Recovery.SnapshotPosition > LogPosition.Start).Should().Be(!losesSnapshots);
        await FreedAsync(opened);
    }

    private static async Task FillAsync(Database database)
    {
        for (int i = 0; i < 2 * Archived; i += 10)
        {
            (await database.Events().AppendAsync($"c-{i / 10 % 2}", ExpectedVersion.Any, Enumerable.Range(i, 10).Select(n => new Counted(0, n)), Stop)).OrThrow();
        }
    }

    private static async Task ArchiveAsync(Database database) => (await database.Events().ArchiveStreamAsync("c-0", cancellationToken: Stop)).OrThrow();

    // No commit comes.
    private async Task FreedAsync(Database database)
    {
        LogPosition end = database.Log.Range.End;
        for (int i = 0; database.Events().State.ArchivedEvents < Archived && i < 1_000; i++)
        {
            _time.Advance(FlushInterval);
            await Task.Delay(5, Stop);
        }

        database.Events().State.ArchivedEvents.Should().Be(Archived);
        database.Log.Range.End.Should().Be(end);
    }

    private async ValueTask<Database> OpenAsync(bool inFiles, Durability durability = Durability.Disk)
    {
        DatabaseOptions options = new() { TimeProvider = _time, Durability = durability, Log = new CommitLogOptions { SegmentBytes = 64 * 1024, FlushInterval = FlushInterval } };
        return inFiles ? await Database.OpenAsync(_directory.Path, Schema, options, Stop) : Database.InMemory(Schema, options);
    }
}
