using System.Runtime.CompilerServices;
using DataIntensive.Storage;
using DataIntensive.Tests.Events;
using DataIntensive.Tests.Storage;
using DataIntensive.Transactions;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.Transactions;

/// <summary>A state snapshot only makes opening faster: with it, without it, and with a damaged one, the states are the same.</summary>
public sealed class StateSnapshotTests : IDisposable
{
    private static readonly DatabaseSchema Schema = new DatabaseSchema().AddStore<string, string>("left").AddStore<int, int>("right", options: new StoreOptions<int> { KeyOrder = Comparer<int>.Default }).AddCheckpoints();

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Snapshot_ThenOpen_ReplaysOnlyWhatCameAfter()
    {
        LogPosition at;
        string before;
        await using (Database database = await OpenAsync())
        {
            await FillAsync(database, 200);
            at = await database.SnapshotAsync(Stop);
            at.Should().Be(database.Visible);
            await database.Store<string, string>("left").WriteAsync("k7", "later", Stop);
            await database.Store<string, string>("left").DeleteAsync("k8", Stop);
            before = Contents(database);
        }

        await using Database again = await OpenAsync();
        again.Recovery.SnapshotPosition.Should().Be(at);
        again.Recovery.RecordsReplayed.Should().Be(2);
        again.Recovery.IgnoredSnapshots.Should().BeEmpty();
        Contents(again).Should().Be(before);
        StoreEntry<string> entry = again.Store<string, string>("left").Read("k7");
        entry.Version.Should().Be(3, "two writes before the snapshot and one after");
        await using (Database replayed = await OpenReplayedAsync())
        {
            again.StateBytes.Should().Be(replayed.StateBytes);
        }

        await again.Store<string, string>("left").WriteAsync("k8", "back", Stop);
        again.Store<string, string>("left").Read("k8").Version.Should().Be(1, "a deleted key starts again");
    }

    [Fact]
    public async Task Snapshot_WhileOthersWrite_IsOnePosition()
    {
        await using (Database database = await OpenAsync())
        {
            DatabaseStore<int, int> right = database.Store<int, int>("right");
            using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            Task[] writers = [.. Enumerable.Range(0, 2).Select(writer => Task.Run(async () =>
            {
                for (int i = 0; !done.IsCancellationRequested; i++)
                {
                    int key = (i * 2) + writer;
                    await database.ExecuteAsync(transaction =>
                    {
                        right.In(transaction).Write(key % 500, key);
                        right.In(transaction).Write(1_000 + (key % 500), -key);
                        right.In(transaction).Delete((key + 250) % 500);
                        right.In(transaction).Delete(1_000 + ((key + 250) % 500));
                    }, cancellationToken: CancellationToken.None);
                }
            }))];
            for (int i = 0; i < 20; i++)
            {
                LogPosition at = await database.SnapshotAsync(Stop);
                SpinWait.SpinUntil(() => database.Visible > at, TimeSpan.FromSeconds(30)).Should().BeTrue();
            }

            await done.CancelAsync();
            await Task.WhenAll(writers);
        }

        // The state at the position itself, and not only after what came behind it was replayed.
        string copy = Path.Combine(_directory.Path, "copy");
        LogPosition snapshot = new(long.Parse(Path.GetFileNameWithoutExtension(Snapshots()[^1]).Split('-')[1]));
        await Database.RestoreAsync(Folder, copy, new RestoreOptions { UpTo = snapshot }, Stop);
        string expected;
        await using (Database replayed = await Database.OpenAsync(copy, Schema, cancellationToken: Stop))
        {
            expected = Contents(replayed);
        }

        await using Database again = await OpenAsync();
        again.Recovery.SnapshotPosition.Should().Be(snapshot);
        await using Database part = await OpenPartAsync(snapshot);
        Contents(part).Should().Be(expected);
        await using Database whole = await OpenReplayedAsync();
        Contents(whole).Should().Be(Contents(again));
    }

    [Fact]
    public async Task Open_WithAnyByteOfTheNewestSnapshotDamaged_TakesTheOlderOne()
    {
        LogPosition older;
        string contents;
        await using (Database database = await OpenAsync())
        {
            await FillAsync(database, 20);
            older = await database.SnapshotAsync(Stop);
            await database.Store<string, string>("left").WriteAsync("new", "er", Stop);
            await database.SnapshotAsync(Stop);
            contents = Contents(database);
        }

        string newest = Snapshots()[^1];
        byte[] good = await File.ReadAllBytesAsync(newest, Stop);
        int step = 1 + (good.Length / 150);
        for (int offset = 8; offset < good.Length; offset += step)
        {
            byte[] bad = [.. good];
            bad[offset] ^= 0x10;
            await File.WriteAllBytesAsync(newest, bad, Stop);

            await using Database again = await OpenAsync();

            again.Recovery.SnapshotPosition.Should().Be(older, "byte {0} is damaged", offset);
            again.Recovery.IgnoredSnapshots.Should().ContainSingle().Which.Should().StartWith(Path.GetFileName(newest));
            Contents(again).Should().Be(contents);
        }

        await File.WriteAllBytesAsync(newest, good[..^5], Stop);
        await using (Database cut = await OpenAsync())
        {
            cut.Recovery.SnapshotPosition.Should().Be(older);
            await cut.Store<string, string>("left").WriteAsync("more", "", Stop);
            await cut.SnapshotAsync(Stop);
        }

        Snapshots().Should().HaveCount(2).And.NotContain(newest, "what is damaged goes when a good one is there");
    }

    [Fact]
    public async Task Open_WithAllSnapshotsDamaged_ReplaysEverything()
    {
        string contents;
        await using (Database database = await OpenAsync())
        {
            await FillAsync(database, 20);
            await database.SnapshotAsync(Stop);
            contents = Contents(database);
        }

        foreach (string file in Snapshots())
        {
            await File.WriteAllTextAsync(file, "not a snapshot, but long enough to have had a header in its place", Stop);
        }

        await using Database again = await OpenAsync();
        again.Recovery.SnapshotPosition.Should().Be(LogPosition.Start);
        again.Recovery.RecordsReplayed.Should().BeGreaterThan(20);
        again.Recovery.IgnoredSnapshots.Should().ContainSingle();
        Contents(again).Should().Be(contents);
    }

    [Fact]
    public async Task Open_WithASnapshotAheadOfTheLog_DeletesIt()
    {
        string copy = Path.Combine(_directory.Path, "copy");
        await using (Database database = await OpenAsync())
        {
            await FillAsync(database, 20);
            await database.BackupAsync(copy, Stop);
            await database.Store<string, string>("left").WriteAsync("k1", "never happened here", Stop);
            await database.SnapshotAsync(Stop);
        }

        string foreign = Path.Combine(copy, Path.GetFileName(Snapshots()[^1]));
        File.Copy(Snapshots()[^1], foreign);
        await using (Database opened = await Database.OpenAsync(copy, Schema, cancellationToken: Stop))
        {
            opened.Recovery.IgnoredSnapshots.Should().ContainSingle().Which.Should().Contain("the log ends at");
            opened.Store<string, string>("left").Read("k1").Value.Should().NotBe("never happened here");
            await FillAsync(opened, 20);
        }

        File.Exists(foreign).Should().BeFalse("the log has other commits at its position now");
    }

    [Fact]
    public async Task Open_WithAnUnfinishedSnapshot_RemovesItWithoutAWord()
    {
        await using (Database database = await OpenAsync())
        {
            await FillAsync(database, 20);
        }

        string unfinished = Path.Combine(Folder, "state-00000000000000000010.snap");
        await File.WriteAllBytesAsync(unfinished, new byte[5_000], Stop);
        await using Database again = await OpenAsync();

        again.Recovery.IgnoredSnapshots.Should().BeEmpty();
        again.Recovery.SnapshotPosition.Should().Be(LogPosition.Start);
        File.Exists(unfinished).Should().BeFalse();
    }

    [Fact]
    public async Task Snapshot_KeepsDeadlinesAndOlderPositions()
    {
        FakeTimeProvider clock = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        DatabaseSchema schema = new DatabaseSchema().AddStore<string, int>("kept", options: new StoreOptions<string> { KeptPositions = 1_000 });
        DatabaseOptions options = new() { TimeProvider = clock };
        List<(LogPosition At, int? A, int? B)> history = [];
        await using (Database database = await Database.OpenAsync(Folder, schema, options, Stop))
        {
            DatabaseStore<string, int> store = database.Store<string, int>("kept");
            for (int i = 1; i <= 10; i++)
            {
                await store.WriteAsync("a", i, Stop);
                if (i % 3 == 0)
                {
                    await store.DeleteAsync("b", Stop);
                }
                else
                {
                    await store.WriteAsync("b", -i, Stop);
                }

                history.Add((database.Visible, i, i % 3 == 0 ? null : -i));
            }

            await store.WriteAsync("ends", 1, TimeSpan.FromHours(1), Stop);
            await database.SnapshotAsync(Stop);
        }

        await using Database again = await Database.OpenAsync(Folder, schema, options, Stop);
        again.Recovery.RecordsReplayed.Should().Be(0);
        DatabaseStore<string, int> read = again.Store<string, int>("kept");
        foreach ((LogPosition at, int? a, int? b) in history)
        {
            Value(await read.ReadAsOfAsync("a", at, Stop)).Should().Be(a);
            Value(await read.ReadAsOfAsync("b", at, Stop)).Should().Be(b);
        }

        read.Read("ends").Deadline.Should().Be(clock.GetUtcNow().AddHours(1));
        clock.Advance(TimeSpan.FromHours(2));
        SpinWait.SpinUntil(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return !read.Read("ends").Exists;
            },
            TimeSpan.FromSeconds(30)).Should().BeTrue();

        static int? Value(StoreEntry<int> entry) => entry.Exists ? entry.Value : null;
    }

    [Fact]
    public async Task OlderVersions_ThatASnapshotBroughtBack_AreForgottenInTime()
    {
        DatabaseSchema schema = new DatabaseSchema().AddStore<string, string>("kept", options: new StoreOptions<string> { KeptPositions = 20 });
        LogPosition old;
        await using (Database database = await Database.OpenAsync(Folder, schema, cancellationToken: Stop))
        {
            await database.Store<string, string>("kept").WriteAsync("a", "older", Stop);
            old = database.Visible;
            await database.Store<string, string>("kept").WriteAsync("a", "newer", Stop);
            await database.SnapshotAsync(Stop);
        }

        await using Database again = await Database.OpenAsync(Folder, schema, cancellationToken: Stop);
        again.Recovery.RecordsReplayed.Should().Be(0);
        WeakReference older = await OlderAsync(again.Store<string, string>("kept"), old);
        for (int i = 0; i < 30; i++)
        {
            await again.Store<string, string>("kept").WriteAsync("b", $"{i}", Stop);
        }

        SpinWait.SpinUntil(
            () =>
            {
                GC.Collect();
                return !older.IsAlive;
            },
            TimeSpan.FromSeconds(20)).Should().BeTrue();
        again.Store<string, string>("kept").Read("a").Value.Should().Be("newer");

        [MethodImpl(MethodImplOptions.NoInlining)]
        static async Task<WeakReference> OlderAsync(DatabaseStore<string, string> store, LogPosition at)
        {
            StoreEntry<string> entry = await store.ReadAsOfAsync("a", at, Stop);
            entry.Value.Should().Be("older");
            return new WeakReference(entry.Value);
        }
    }

    [Fact]
    public async Task Owner_ThatIsNotDeclaredForAWhile_IsCarriedOver()
    {
        string contents;
        await using (Database database = await OpenAsync())
        {
            await FillAsync(database, 50);
            await database.SnapshotAsync(Stop);
            contents = Contents(database);
        }

        DatabaseSchema without = new DatabaseSchema().AddStore<int, int>("right", options: new StoreOptions<int> { KeyOrder = Comparer<int>.Default }).AddCheckpoints();
        for (int i = 0; i < 2; i++)
        {
            await using Database partly = await Database.OpenAsync(Folder, without, cancellationToken: Stop);
            partly.UnregisteredOwners.Should().BeEquivalentTo(new Dictionary<string, long> { ["store 'left'"] = 100 });
            partly.Recovery.RecordsReplayed.Should().Be(i, "only the count needs the old records, once");
            await partly.Store<int, int>("right").WriteAsync(1, 1, Stop);
            await partly.Store<int, int>("right").DeleteAsync(1, Stop);
            await partly.SnapshotAsync(Stop);
            await partly.Store<int, int>("right").DeleteAsync(1, Stop);
            await partly.Store<int, int>("right").WriteAsync(1, -1, Stop);
        }

        await using Database again = await OpenAsync();
        again.Recovery.RecordsReplayed.Should().Be(1);
        Contents(again).Should().StartWith(contents.Split(';')[0]);
        again.Store<string, string>("left").Read("k3").Version.Should().Be(2);
    }

    [Fact]
    public async Task Snapshot_IsWrittenByItself_WhenTheLogHasGrown()
    {
        DatabaseOptions options = new() { StateSnapshotBytes = 64 * 1024 };
        await using Database database = await Database.OpenAsync(Folder, Schema, options, Stop);
        DatabaseStore<string, string> store = database.Store<string, string>("left");
        for (int i = 0; i < 300; i++)
        {
            await store.WriteAsync("one", new string('x', 1_000), Stop);
        }

        SpinWait.SpinUntil(() => Snapshots().Length >= 2, TimeSpan.FromSeconds(30)).Should().BeTrue();
        Snapshots().Length.Should().BeLessThanOrEqualTo(3, "two are kept, and one may be on its way");
    }

    [Fact]
    public async Task Snapshot_OnAFullDisk_FailsAloneAndLeavesNothing()
    {
        FailingStorage storage = new(new MemoryStorage());
        await using Database database = await Database.OpenAsync(await CommitLog.OpenAsync(storage, cancellationToken: Stop), Schema, cancellationToken: Stop);
        await FillAsync(database, 20);
        storage.CountFromHere();
        storage.FailWrite = 2;

        Func<Task> snapshot = () => database.SnapshotAsync(Stop);

        await snapshot.Should().ThrowAsync<IOException>();
        storage.Failures.Should().Be(1);
        storage.List().Should().NotContain(name => name.EndsWith(".snap"));
        database.State.Health.Should().Be(DatabaseHealth.Healthy);
        await database.Store<string, string>("left").WriteAsync("goes", "on", Stop);
        (await database.SnapshotAsync(Stop)).Should().Be(database.Visible);
        storage.List().Should().ContainSingle(name => name.EndsWith(".snap"));
    }

    [Fact]
    public async Task Snapshot_OfCommitsThatAreNotFsynced_WaitsForThem()
    {
        using ManualResetEventSlim hold = new(initialState: true);
        FakeTimeProvider clock = new();
        FailingStorage storage = new(new MemoryStorage()) { HoldFlushes = hold };
        CommitLogOptions log = new() { TimeProvider = clock, FlushInterval = TimeSpan.FromSeconds(1) };
        await using Database database = await Database.OpenAsync(await CommitLog.OpenAsync(storage, log, Stop), Schema, cancellationToken: Stop);
        await FillAsync(database, 3);
        await database.ExecuteAsync(transaction => database.Store<int, int>("right").In(transaction).Write(1, 1), Durability.Os, Stop);
        database.Log.Range.Durable.Should().BeLessThan(database.Visible);

        Task<LogPosition> snapshot = database.SnapshotAsync(Stop);
        SpinWait.SpinUntil(() => storage.List().Any(name => name.EndsWith(".snap")), TimeSpan.FromSeconds(30)).Should().BeTrue();
        await Task.Delay(50, Stop);
        snapshot.IsCompleted.Should().BeFalse("its position is not durable");
        clock.Advance(TimeSpan.FromSeconds(2));

        (await snapshot).Should().Be(database.Visible);
        database.Log.Range.Durable.Should().Be(database.Visible);
    }

    [Fact]
    public async Task Snapshot_WhereThereIsNone_SaysWhy()
    {
        await using Database memory = Database.InMemory(Schema);
        Func<Task> inMemory = () => memory.SnapshotAsync(Stop);
        await inMemory.Should().ThrowAsync<InvalidOperationException>().WithMessage("*not in files*");

        await using (Database database = await OpenAsync())
        {
            await FillAsync(database, 1);
        }

        await using Database reading = await Database.OpenAsync(Folder, Schema, new DatabaseOptions { Log = new CommitLogOptions { OpenMode = LogOpenMode.ReadOnly } }, Stop);
        Func<Task> readOnly = () => reading.SnapshotAsync(Stop);
        await readOnly.Should().ThrowAsync<InvalidOperationException>().WithMessage("*read only*");
    }

    [Fact]
    public async Task ReadOnly_WithASchemaThatDeclaresMoreThanTheLogHolds_ReadsWhatIsThere()
    {
        await using (Database database = await OpenAsync())
        {
            await FillAsync(database, 1);
        }

        DatabaseSchema more = new DatabaseSchema().AddStore<string, string>("left").AddStore<string, int>("not-yet").AddCheckpoints();
        await using Database reading = await Database.OpenAsync(Folder, more, new DatabaseOptions { Log = new CommitLogOptions { OpenMode = LogOpenMode.ReadOnly } }, Stop);

        reading.Store<string, int>("not-yet").ReadAll().Should().BeEmpty();
        reading.Visible.Should().Be(reading.Log.Range.Visible, "nothing was written");
    }

    [Fact]
    public async Task Dispose_WhileASnapshotIsWritten_EndsIt()
    {
        using ManualResetEventSlim hold = new(initialState: true);
        FailingStorage storage = new(new MemoryStorage()) { HoldFlushes = hold };
        Database database = await Database.OpenAsync(await CommitLog.OpenAsync(storage, cancellationToken: Stop), Schema, cancellationToken: Stop);
        await FillAsync(database, 20);
        hold.Reset();
        Task<LogPosition> snapshot = database.SnapshotAsync(Stop);
        SpinWait.SpinUntil(() => storage.List().Any(name => name.EndsWith(".snap")), TimeSpan.FromSeconds(30)).Should().BeTrue();

        Task disposing = Task.Run(async () => await database.DisposeAsync(), Stop);
        SpinWait.SpinUntil(() => database.State.Health == DatabaseHealth.Closed, TimeSpan.FromSeconds(30)).Should().BeTrue();
        hold.Set();
        await disposing;

        Func<Task> ended = () => snapshot;
        await ended.Should().ThrowAsync<ObjectDisposedException>();
    }

    [Theory]
    [InlineData("trim")]
    [InlineData("compact")]
    [InlineData("backup")]
    public async Task Dispose_WhileUpkeepWaitsBehindASnapshot_EndsIt(string upkeep)
    {
        using ManualResetEventSlim hold = new(initialState: true);
        FailingStorage storage = new(new MemoryStorage()) { HoldFlushes = hold };
        Database database = await Database.OpenAsync(await CommitLog.OpenAsync(storage, cancellationToken: Stop), Schema, cancellationToken: Stop);
        await FillAsync(database, 20);
        hold.Reset();
        Task snapshot = database.SnapshotAsync(Stop);
        SpinWait.SpinUntil(() => storage.HeldFlush?.EndsWith(".snap") == true, TimeSpan.FromSeconds(30)).Should().BeTrue();
        Task waiting = upkeep switch
        {
            "trim" => database.TrimAsync(LogPosition.Start, Stop).AsTask(),
            "compact" => database.CompactAsync(cancellationToken: Stop).AsTask(),
            _ => database.BackupAsync(Path.Combine(_directory.Path, "backup"), Stop),
        };
        waiting.IsCompleted.Should().BeFalse("one after the other");

        Task disposing = Task.Run(async () => await database.DisposeAsync(), Stop);
        Func<Task> ended = () => waiting.WaitAsync(TimeSpan.FromSeconds(30), Stop);
        await ended.Should().ThrowAsync<ObjectDisposedException>("it is told at once, while the snapshot is still held");
        snapshot.IsCompleted.Should().BeFalse();
        hold.Set();
        await disposing;
        Directory.Exists(Path.Combine(_directory.Path, "backup")).Should().BeFalse();
        await snapshot.ContinueWith(_ => { }, Stop, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    [Fact]
    public async Task Open_ReadOnly_OfALongLogWithoutSnapshots_WarnsOfNothing()
    {
        await using (Database database = await OpenAsync())
        {
            await FillAsync(database, 50);
            await database.Store<string, string>("left").WriteAsync("large", new string('x', 100_000), Stop);
        }

        using WarningList warnings = new();
        DatabaseOptions options = new() { StateSnapshotBytes = 64 * 1024, LoggerFactory = warnings, Log = new CommitLogOptions { OpenMode = LogOpenMode.ReadOnly } };
        await using (Database reading = await Database.OpenAsync(Folder, Schema, options, Stop))
        {
            reading.Store<string, string>("left").Read("k1").Value.Should().Be("w1");
        }

        warnings.Messages.Should().BeEmpty();
        Snapshots().Should().BeEmpty();
    }

    private string Folder => Path.Combine(_directory.Path, "database");

    private Task<Database> OpenAsync() => Database.OpenAsync(Folder, Schema, cancellationToken: Stop);

    private string[] Snapshots() => [.. Directory.GetFiles(Folder, "state-*.snap").Order(StringComparer.Ordinal)];

    private static async Task FillAsync(Database database, int keys)
    {
        DatabaseStore<string, string> left = database.Store<string, string>("left");
        DatabaseStore<int, int> right = database.Store<int, int>("right");
        for (int i = 0; i < keys; i++)
        {
            await database.ExecuteAsync(transaction =>
            {
                left.In(transaction).Write($"k{i}", $"v{i}");
                right.In(transaction).Write(i, i * i);
            }, Durability.Os, Stop);
        }

        await database.ExecuteAsync(transaction =>
        {
            for (int i = 0; i < keys; i++)
            {
                left.In(transaction).Write($"k{i}", $"w{i}");
            }

            right.In(transaction).Delete(0);
        }, cancellationToken: Stop);
        await database.Checkpoints().SaveAsync("reader", database.Visible, Stop);
    }

    private static string Contents(Database database)
    {
        IEnumerable<string> left = database.Store<string, string>("left").ReadAll().OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}={entry.Value}");
        IEnumerable<string> right = database.Store<int, int>("right").ReadAll().OrderBy(entry => entry.Key).Select(entry => $"{entry.Key}={entry.Value}");
        return $"{string.Join(' ', left)};{string.Join(' ', right)};{database.Checkpoints().Read("reader")}";
    }

    // The log cut off behind the position, with the snapshot: what it holds by itself.
    private async Task<Database> OpenPartAsync(LogPosition upTo)
    {
        string part = Path.Combine(_directory.Path, "part");
        await Database.RestoreAsync(Folder, part, new RestoreOptions { UpTo = upTo }, Stop);
        File.Exists(Path.Combine(part, Path.GetFileName(Snapshots()[^1]))).Should().BeTrue();
        Database database = await Database.OpenAsync(part, Schema, cancellationToken: Stop);
        database.Recovery.SnapshotPosition.Should().Be(upTo);
        return database;
    }

    // The same log, opened without any state snapshot.
    private async Task<Database> OpenReplayedAsync()
    {
        string copy = Path.Combine(_directory.Path, "replayed");
        await Database.RestoreAsync(Folder, copy, cancellationToken: Stop);
        foreach (string file in Directory.GetFiles(copy, "state-*.snap"))
        {
            File.Delete(file);
        }

        Database replayed = await Database.OpenAsync(copy, Schema, cancellationToken: Stop);
        replayed.Recovery.SnapshotPosition.Should().Be(LogPosition.Start);
        return replayed;
    }
}
