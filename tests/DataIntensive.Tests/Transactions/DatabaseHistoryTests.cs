using DataIntensive.Logs;

namespace DataIntensive.Tests.Transactions;

/// <summary>What the log may lose, who holds it, and what those are told who come too late.</summary>
public sealed class DatabaseHistoryTests : IDisposable
{
    private static readonly DatabaseOptions Options = new() { Log = new CommitLogOptions { SegmentBytes = 64 * 1024, ReserveBytes = 4 * 1024, OpenCheck = LogOpenCheck.Unproven } };

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Folder => Path.Combine(_directory.Path, "database");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Trim_WithoutTwoStateSnapshots_IsRefusedAndNamesThem()
    {
        await using Database database = await OpenAsync();
        await FillAsync(database);
        LogPosition first = await database.SnapshotAsync(Stop);

        Func<Task> early = () => database.TrimAsync(first, Stop).AsTask();
        (await early.Should().ThrowAsync<HistoryNeededException>()).Which.Holder.Should().Contain("without 2 state snapshots");
        await FillAsync(database);
        await database.SnapshotAsync(Stop);
        Func<Task> beyond = () => database.TrimAsync(new LogPosition(first.Value + 2), Stop).AsTask();
        HistoryNeededException refused = (await beyond.Should().ThrowAsync<HistoryNeededException>()).Which;
        refused.Holder.Should().Be("the older state snapshot");
        refused.NeededFrom.Should().Be(new LogPosition(first.Value + 1)).And.Be(database.TrimmableBefore);
        database.Log.Range.First.Value.Should().Be(1);

        await database.TrimAsync(refused.NeededFrom, Stop);

        database.Log.Range.First.Value.Should().BeGreaterThan(1).And.BeLessThanOrEqualTo(first.Value + 1);
    }

    [Fact]
    public async Task Trim_BeyondAConsumersCheckpoint_IsRefusedUntilItIsForgotten()
    {
        await using Database database = await OpenAsync();
        await FillAsync(database);
        await database.Checkpoints().SaveAsync("mailer", new LogPosition(7), Stop);
        await TwoSnapshotsAsync(database);

        Func<Task> trim = () => database.TrimAsync(new LogPosition(9), Stop).AsTask();
        HistoryNeededException refused = (await trim.Should().ThrowAsync<HistoryNeededException>()).Which;
        refused.Holder.Should().Be("the consumer 'mailer'");
        refused.NeededFrom.Should().Be(new LogPosition(8));

        await database.Checkpoints().DeleteAsync("mailer", Stop);
        await trim.Should().NotThrowAsync();
    }

    [Fact]
    public async Task Trim_WithRecordsOfAnUndeclaredOwner_IsRefused()
    {
        await using (Database database = await OpenAsync())
        {
            await FillAsync(database);
        }

        await using Database partly = await Database.OpenAsync(Folder, new DatabaseSchema().AddStore<string, string>("other").AddCheckpoints(), Options, Stop);
        await TwoSnapshotsAsync(partly, "other");

        Func<Task> trim = () => partly.TrimAsync(new LogPosition(5), Stop).AsTask();

        (await trim.Should().ThrowAsync<HistoryNeededException>()).Which.Holder.Should().Be("store 'items', which is not declared,");
    }

    [Fact]
    public async Task Trim_WithAStateThatSnapshotsDoNotHold_IsRefusedAndNamesIt()
    {
        DatabaseSchema schema = Schema().AddCausalStore<string, string>("replica", new ReplicaId("one"));
        await using (Database database = await Database.OpenAsync(Folder, schema, Options, Stop))
        {
            await FillAsync(database);
            await database.CausalStore<string, string>("replica").WriteAsync("k", "v", cancellationToken: Stop);
            await TwoSnapshotsAsync(database);

            Func<Task> trim = () => database.TrimAsync(new LogPosition(5), Stop).AsTask();

            (await trim.Should().ThrowAsync<HistoryNeededException>()).Which.Holder.Should().Contain("'replica'");
        }

        await using Database again = await Database.OpenAsync(Folder, schema, Options, Stop);
        again.Recovery.SnapshotPosition.Should().NotBe(LogPosition.Start);
        again.CausalStore<string, string>("replica").Read("k").Values.Should().ContainSingle().Which.Should().Be("v");
        again.Store<string, string>("items").Read("k1").Version.Should().Be(2);
    }

    [Fact]
    public async Task Trim_InMemory_NeedsNoSnapshots()
    {
        await using Database database = Database.InMemory(Schema());
        await FillAsync(database);

        await database.TrimAsync(database.Visible, Stop);

        Func<Task> compact = () => database.CompactAsync(cancellationToken: Stop).AsTask();
        await compact.Should().ThrowAsync<InvalidOperationException>().WithMessage("*not in files*");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LostHistory_IsToldToWatchesAndFeeds_AndTheStateIsWhole(bool trims)
    {
        string contents;
        LogPosition gone;
        await using (Database database = await OpenAsync())
        {
            await FillAsync(database);
            await TwoSnapshotsAsync(database);
            long before = database.Log.Range.First.Value;
            gone = await LoseAsync(database, trims);
            contents = Contents(database);
            await AssertHistoryIsGoneAsync(database, gone);
            before.Should().Be(1);
        }

        await using (Database again = await OpenAsync())
        {
            Contents(again).Should().Be(contents);
            again.Store<string, string>("items").Read("k1").Version.Should().Be(2);
            await AssertHistoryIsGoneAsync(again, gone);
            await again.Store<string, string>("items").WriteAsync("k1", "again", Stop);
            contents = Contents(again);
        }

        // The older snapshot is enough as well.
        File.Delete(Directory.GetFiles(Folder, "state-*.snap").Order(StringComparer.Ordinal).Last());
        await using (Database older = await OpenAsync())
        {
            Contents(older).Should().Be(contents);
        }

        foreach (string snapshot in Directory.GetFiles(Folder, "state-*.snap"))
        {
            File.Delete(snapshot);
        }

        Func<Task> none = OpenAsync;
        await none.Should().ThrowAsync<LogHistoryGoneException>("half a state is no state");
    }

    [Fact]
    public async Task Open_WithAllSnapshotsDamagedAndTheHistoryGone_NamesTheFile()
    {
        await using (Database database = await OpenAsync())
        {
            await FillAsync(database);
            await TwoSnapshotsAsync(database);
            await LoseAsync(database, trims: true);
        }

        string[] snapshots = [.. Directory.GetFiles(Folder, "state-*.snap").Order(StringComparer.Ordinal)];
        foreach (string snapshot in snapshots)
        {
            byte[] bytes = await File.ReadAllBytesAsync(snapshot, Stop);
            bytes[^40] ^= 1;
            await File.WriteAllBytesAsync(snapshot, bytes, Stop);
        }

        Func<Task> open = OpenAsync;

        (await open.Should().ThrowAsync<LogCorruptException>()).Which.File.Should().Be(Path.GetFileName(snapshots[^1]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Backup_OfALogThatLostHistory_BringsItsSnapshotsAlong(bool trims)
    {
        string backup = Path.Combine(_directory.Path, "backup");
        string restored = Path.Combine(_directory.Path, "restored");
        LogPosition lost;
        LogPosition middle;
        string atMiddle;
        string contents;
        await using (Database database = await OpenAsync())
        {
            await FillAsync(database);
            await TwoSnapshotsAsync(database);
            lost = await LoseAsync(database, trims);
            await database.Store<string, string>("items").WriteAsync("k2", "middle", Stop);
            middle = database.Visible;
            atMiddle = Contents(database);
            await database.Store<string, string>("items").WriteAsync("k2", "end", Stop);
            contents = Contents(database);
            (await database.BackupAsync(backup, Stop)).Should().Be(database.Visible);
        }

        await using (Database copy = await Database.OpenAsync(backup, Schema(), Options, Stop))
        {
            Contents(copy).Should().Be(contents);
            copy.Recovery.SnapshotPosition.Should().NotBe(LogPosition.Start);
        }

        (await Database.RestoreAsync(backup, restored, new RestoreOptions { UpTo = middle }, Stop)).Should().Be(middle);
        await using (Database part = await Database.OpenAsync(restored, Schema(), Options, Stop))
        {
            Contents(part).Should().Be(atMiddle);
            part.Incarnation.Should().NotBe(Guid.Empty);
        }

        Func<Task> tooOld = () => Database.RestoreAsync(backup, restored + "2", new RestoreOptions { UpTo = new LogPosition(lost.Value - 1) }, Stop);
        (await tooOld.Should().ThrowAsync<LogHistoryGoneException>()).Which.ResumeAfter.Should().BeGreaterThanOrEqualTo(lost);
        Directory.Exists(restored + "2").Should().BeFalse();
    }

    [Fact]
    public async Task Watch_ThatCompactionOvertakes_IsToldAndNotLeftWithAGap()
    {
        await using Database database = await OpenAsync();
        await FillAsync(database);
        DatabaseStore<string, string> items = database.Store<string, string>("items");
        using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        bound.CancelAfter(TimeSpan.FromSeconds(30));
        await using IAsyncEnumerator<StoreChange<string, string>> watch = items.WatchAsync(Revision.None, bound.Token).GetAsyncEnumerator(Stop);
        (await watch.MoveNextAsync()).Should().BeTrue();
        await TwoSnapshotsAsync(database);
        await LoseAsync(database, trims: false);

        Func<Task> goOn = async () =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                await watch.MoveNextAsync();
            }
        };

        (await goOn.Should().ThrowAsync<LogHistoryGoneException>()).Which.ResumeAfter.Should().BeGreaterThan(new LogPosition(100));
    }

    [Fact]
    public async Task IdleDatabase_WithConsumersAndStateSnapshots_WritesNothing()
    {
        await using Database database = await Database.OpenAsync(Folder, Schema(), new DatabaseOptions { Log = new CommitLogOptions { IdleMarkDelay = TimeSpan.FromMilliseconds(1) } }, Stop);
        await FillAsync(database);
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        int seen = 0;
        Task[] consumers = [.. Enumerable.Range(0, 3).Select(async i =>
        {
            await database.Checkpoints().SaveAsync($"consumer {i}", database.Visible, Stop);
            await foreach (StoreChange<string, string> _ in database.Store<string, string>("items").WatchAsync(Revision.None, done.Token))
            {
                Interlocked.Increment(ref seen);
            }
        })];
        SpinWait.SpinUntil(() => Volatile.Read(ref seen) == 3 * 600, TimeSpan.FromSeconds(30)).Should().BeTrue();
        await database.SnapshotAsync(Stop);
        await Task.Delay(300, Stop);
        Dictionary<string, (long, DateTime)> before = Files();
        await Task.Delay(700, Stop);

        Files().Should().BeEquivalentTo(before);
        await done.CancelAsync();
        foreach (Task consumer in consumers)
        {
            await consumer.ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private static DatabaseSchema Schema() => new DatabaseSchema().AddStore<string, string>("items").AddStore<string, string>("other").AddCheckpoints();

    private Task<Database> OpenAsync() => Database.OpenAsync(Folder, Schema(), Options, Stop);

    private Dictionary<string, (long Length, DateTime Written)> Files() =>
        Directory.GetFiles(Folder).ToDictionary(file => file, file => (new FileInfo(file).Length, File.GetLastWriteTimeUtc(file)));

    private static async Task FillAsync(Database database)
    {
        DatabaseStore<string, string> items = database.Store<string, string>("items");
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 300; i++)
            {
                await database.ExecuteAsync(transaction => items.In(transaction).Write($"k{i}", new string((char)('a' + round), 500)), Durability.Os, Stop);
            }
        }
    }

    private static async Task TwoSnapshotsAsync(Database database, string store = "items")
    {
        for (int i = 0; i < 2; i++)
        {
            await database.Store<string, string>(store).WriteAsync("snap", $"{i}", Stop);
            await database.SnapshotAsync(Stop);
        }
    }

    // The position behind which the history is whole.
    private static async Task<LogPosition> LoseAsync(Database database, bool trims)
    {
        if (trims)
        {
            await database.TrimAsync(database.TrimmableBefore, Stop);
            return new LogPosition(database.Log.Range.First.Value - 1);
        }

        LogCompactionReport report = await database.CompactAsync(cancellationToken: Stop);
        report.RecordsRemoved.Should().BeGreaterThan(100);
        report.BytesFreed.Should().BeGreaterThan(100 * 500);
        return new LogPosition(database.TrimmableBefore.Value - 1);
    }

    private static async Task AssertHistoryIsGoneAsync(Database database, LogPosition gone)
    {
        DatabaseStore<string, string> items = database.Store<string, string>("items");
        Func<Task> watch = async () => await items.WatchAsync(new Revision(gone.Value - 1), Stop).FirstAsync(Stop);
        Func<Task> commits = async () => await items.WatchCommitsAsync(new Revision(1), Stop).FirstAsync(Stop);
        foreach (Func<Task> tooLate in (Func<Task>[])[watch, commits])
        {
            (await tooLate.Should().ThrowAsync<LogHistoryGoneException>()).Which.ResumeAfter.Should().Be(gone);
        }

        (await items.WatchAsync(new Revision(gone.Value), Stop).FirstAsync(Stop)).Revision.Value.Should().BeGreaterThan(gone.Value);
    }

    private static string Contents(Database database) =>
        string.Join(' ', database.Store<string, string>("items").ReadAll().OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}={entry.Value.Value}/{entry.Value.Revision}/{entry.Value.Version}"));
}
