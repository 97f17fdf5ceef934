using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.Transactions;

/// <summary>Backups are whole commits up to a durable position; a restored copy is another incarnation.</summary>
public sealed class DatabaseBackupTests : IDisposable
{
    private static readonly DatabaseSchema Schema = new DatabaseSchema().AddStore<string, int>("left").AddStore<string, int>("right").AddCheckpoints();

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Source => Path.Combine(_directory.Path, "source");

    private string Backup => Path.Combine(_directory.Path, "backup");

    private string Restored => Path.Combine(_directory.Path, "restored");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Backup_WhileOthersWrite_IsOneDurablePosition()
    {
        LogPosition copied;
        await using (Database database = await Database.OpenAsync(Source, Schema, cancellationToken: Stop))
        {
            using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            Task[] writers = [.. Enumerable.Range(0, 3).Select(i => Task.Run(async () =>
            {
                while (!done.IsCancellationRequested)
                {
                    await MoveAsync(database, $"k{i}");
                }
            }))];
            SpinWait.SpinUntil(() => database.Visible.Value > 100, TimeSpan.FromSeconds(30)).Should().BeTrue();

            copied = await database.BackupAsync(Backup, Stop);

            await done.CancelAsync();
            await Task.WhenAll(writers);
            database.Visible.Should().BeGreaterThan(copied);
            database.Read(transaction => Sum(database, transaction)).Should().Be(0);
        }

        Directory.GetFileSystemEntries(_directory.Path).Should().BeEquivalentTo(Source, Backup);
        await using Database copy = await Database.OpenAsync(Backup, Schema, cancellationToken: Stop);
        copy.Visible.Should().Be(copied);
        copied.Value.Should().BeGreaterThan(100);
        copy.Read(transaction => Sum(copy, transaction)).Should().Be(0, "no commit is there in part");
        copy.Incarnation.Should().Be(Guid.Empty, "a backup is the same life");
        copy.UnregisteredOwners.Should().BeEmpty();
    }

    [Fact]
    public async Task Copy_HasEveryRecordAtItsPositionWithItsTime()
    {
        FakeTimeProvider clock = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using Database database = await OpenAsync(Source, clock);
        for (int i = 0; i < 20; i++)
        {
            await MoveAsync(database, $"k{i % 3}");
            clock.Advance(TimeSpan.FromSeconds(i % 4));
        }

        LogPosition copied = await database.BackupAsync(Backup, Stop);

        await using CommitLog copy = await CommitLog.OpenAsync(Backup, cancellationToken: Stop);
        (await DumpAsync(copy)).Should().Equal(await DumpAsync(database.Log));
        copy.Range.Durable.Should().Be(copied);
    }

    [Fact]
    public async Task Restore_ToAPosition_LeavesOutWhatEndsBehindIt()
    {
        LogPosition second;
        await using (Database database = await Database.OpenAsync(Source, Schema, cancellationToken: Stop))
        {
            await MoveAsync(database, "a");
            second = await MoveAsync(database, "a");
            LogPosition third = await MoveAsync(database, "a");
            third.Value.Should().Be(second.Value + 2);
            await database.BackupAsync(Backup, Stop);
        }

        // The position in the midst of the third commit.
        LogPosition restored = await Database.RestoreAsync(Backup, Restored, new RestoreOptions { UpTo = new LogPosition(second.Value + 1) }, Stop);

        restored.Should().Be(second);
        await using Database copy = await Database.OpenAsync(Restored, Schema, cancellationToken: Stop);
        (copy.Store<string, int>("left").Read("a").Value, copy.Store<string, int>("right").Read("a").Value).Should().Be((2, -2));
        copy.Visible.Value.Should().Be(second.Value + 1, "the new incarnation is a record");
        copy.Log.Invoking(log => log.OpenReader(new LogPosition(second.Value + 2))).Should().Throw<ArgumentOutOfRangeException>("a position of the former life lies ahead");
        await MoveAsync(copy, "a");
    }

    [Fact]
    public async Task Restore_ToATime_LeavesOutWhatIsYounger_AlsoFromARunningDatabase()
    {
        FakeTimeProvider clock = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using Database database = await OpenAsync(Source, clock);
        await MoveAsync(database, "a");
        clock.Advance(TimeSpan.FromHours(1));
        DateTimeOffset good = clock.GetUtcNow();
        await MoveAsync(database, "a");
        clock.Advance(TimeSpan.FromMilliseconds(1));
        await MoveAsync(database, "a");

        await Database.RestoreAsync(Source, Restored, new RestoreOptions { UpToTime = good }, Stop);

        await using Database copy = await Database.OpenAsync(Restored, Schema, cancellationToken: Stop);
        copy.Store<string, int>("left").Read("a").Value.Should().Be(2);
        database.Store<string, int>("left").Read("a").Value.Should().Be(3);
    }

    [Fact]
    public async Task EveryRestore_IsAnotherIncarnation_WhichItsBackupsKeep()
    {
        await using (Database database = await Database.OpenAsync(Source, Schema, cancellationToken: Stop))
        {
            await MoveAsync(database, "a");
        }

        List<Guid> incarnations = [];
        string from = Source;
        for (int i = 0; i < 3; i++)
        {
            string to = Path.Combine(_directory.Path, $"copy{i}");
            await Database.RestoreAsync(from, to, cancellationToken: Stop);
            await using Database copy = await Database.OpenAsync(to, Schema, cancellationToken: Stop);
            incarnations.Add(copy.Incarnation);
            from = to;
        }

        incarnations.Should().OnlyHaveUniqueItems().And.NotContain(Guid.Empty);
        await using (Database last = await Database.OpenAsync(from, Schema, cancellationToken: Stop))
        {
            await last.BackupAsync(Backup, Stop);
        }

        await using Database backup = await Database.OpenAsync(Backup, Schema, cancellationToken: Stop);
        backup.Incarnation.Should().Be(incarnations[^1]);
    }

    [Fact]
    public async Task CopyThatCannotBeFinished_LeavesNothingUnderItsName()
    {
        await using Database database = await Database.OpenAsync(Source, Schema, cancellationToken: Stop);
        await MoveAsync(database, "a");
        using CancellationTokenSource cancelled = new();
        await cancelled.CancelAsync();

        await database.Awaiting(d => d.BackupAsync(Backup, cancelled.Token)).Should().ThrowAsync<OperationCanceledException>();
        Directory.CreateDirectory(Restored);
        await FluentActions.Awaiting(() => Database.RestoreAsync(Source, Restored, cancellationToken: Stop)).Should().ThrowAsync<IOException>();
        await FluentActions.Awaiting(() => Database.RestoreAsync(Backup, Path.Combine(_directory.Path, "other"), cancellationToken: Stop)).Should().ThrowAsync<DirectoryNotFoundException>();
        await FluentActions.Awaiting(() => Database.RestoreAsync(Source, Path.Combine(_directory.Path, "none"), new RestoreOptions { UpTo = LogPosition.Start }, Stop))
            .Should().ThrowAsync<InvalidOperationException>();

        Directory.GetFileSystemEntries(_directory.Path).Should().BeEquivalentTo(Source, Restored);
        Directory.GetFileSystemEntries(Restored).Should().BeEmpty();
    }

    private static async Task<Database> OpenAsync(string directory, TimeProvider clock) =>
        await Database.OpenAsync(directory, Schema, new DatabaseOptions { TimeProvider = clock }, Stop);

    // Two stores, so that a half commit shows.
    private static async Task<LogPosition> MoveAsync(Database database, string key) => await database.ExecuteAsync(
        transaction =>
        {
            database.Store<string, int>("left").In(transaction).Update(key, entry => entry.Value + 1);
            database.Store<string, int>("right").In(transaction).Update(key, entry => entry.Value - 1);
        },
        cancellationToken: Stop);

    private static int Sum(Database database, DatabaseTransaction transaction) =>
        database.Store<string, int>("left").In(transaction).ReadAll().Concat(database.Store<string, int>("right").In(transaction).ReadAll()).Sum(entry => entry.Value.Value);

    private static async Task<List<(long Position, uint Tag, string Body, bool Ends, DateTimeOffset Time)>> DumpAsync(ICommitLog log) =>
        await log.ReadAsync(follow: false, cancellationToken: Stop)
            .Select(record => (record.Position.Value, record.Tag, Convert.ToHexString(record.Body.Span), record.EndsCommit, record.Timestamp))
            .ToListAsync(Stop);
}
