using DataIntensive.Logs;
using DataIntensive.Testing;
using DataIntensive.Transactions;

namespace DataIntensive.Specs.Transactions;

/// <summary>
/// Random transactions over a disk that crashes, again and again, with the history of all lives checked as one: what was read or
/// acknowledged before a crash holds after it, and no half commit is ever seen.
/// </summary>
public sealed class DatabaseCrashSpecs(ITestOutputHelper output)
{
    private const int Lives = 6;
    private const int Processes = 5;
    private const int TransactionsEach = 40;

    private int _snapshots;
    private int _losses;
    private int _fromSnapshot;

    private static CommitLogOptions LogOptions => new() { SegmentBytes = 64 * 1024, ReserveBytes = 4 * 1024, IdleMarkDelay = Timeout.InfiniteTimeSpan };

    [Theory]
    [InlineData(TransactionIsolation.Serializable, TransactionLevel.StrictSerializable)]
    [InlineData(TransactionIsolation.Snapshot, TransactionLevel.StrongSnapshotIsolation)]
    public async Task HistoryOverCrashes_KeepsItsLevel(TransactionIsolation isolation, TransactionLevel level)
    {
        (int crashes, int unknown) = await RunAsync(isolation, level, operations: 120, isMaintained: false);

        crashes.Should().BeGreaterThan(8, "crashes must hit");
        unknown.Should().BeGreaterThan(8, "some transactions must be under way when they do");
    }

    /// <summary>The same with state snapshots, trimming and compaction beside, which crash as well, and whose work is opened from.</summary>
    [Fact]
    public async Task HistoryOverCrashes_WithStateSnapshotsAndLostHistory_KeepsItsLevel()
    {
        (int crashes, _) = await RunAsync(TransactionIsolation.Serializable, TransactionLevel.StrictSerializable, operations: 400, isMaintained: true);

        output.WriteLine($"{crashes} crashes, {_snapshots} state snapshots, {_fromSnapshot} openings from one, {_losses} times history was given up");
        crashes.Should().BeGreaterThan(8, "crashes must hit");
        _snapshots.Should().BeGreaterThan(8);
        _fromSnapshot.Should().BeGreaterThan(8);
        _losses.Should().BeGreaterThan(8);
    }

    private async Task<(int Crashes, int Unknown)> RunAsync(TransactionIsolation isolation, TransactionLevel level, int operations, bool isMaintained)
    {
        int first = SpecRun.FirstSeed(output);
        int crashes = 0;
        int unknown = 0;
        for (int seed = first; seed < first + (SpecRun.IsLong ? 60 : 8); seed++)
        {
            CrashingWorkload workload = new(keys: 6, Processes, TransactionsEach, isolation);
            FaultyStorage disk = new(Faults(seed, life: 0, operations));
            for (int life = 1; life <= Lives; life++)
            {
                await LiveAsync(workload, disk, seed + life, isMaintained);
                crashes += disk.Report.CrashedAt is null ? 0 : 1;
                disk = disk.AfterCrash(life % 2 == 0 ? CrashKind.ProcessOnly : CrashKind.PowerCut, Faults(seed, life, operations));
            }

            disk = disk.AfterCrash(CrashKind.PowerCut, new FaultyStorageOptions { Seed = (ulong)(uint)seed });
            await using Database last = await OpenAsync(disk);
            TransactionHistory history = await workload.EndAsync(last);
            TransactionCheckResult result = TransactionChecker.Check(history, level);

            result.Verdict.Should().Be(CheckVerdict.Valid, "seed {0}: {1}", seed, result);
            result.Dependencies.Should().BeGreaterThan(workload.Committed / 2);
            unknown += workload.Unknown;
            output.WriteLine($"seed {seed}: {history.Transactions.Count} transactions, {workload.Committed} committed, {workload.Unknown} unknown, {result.Dependencies} dependencies");
        }

        return (crashes, unknown);
    }

    // Until the database is gone. What fails is tried again, or the disk has crashed.
    private async Task MaintainAsync(Database database, Random random, CancellationToken done)
    {
        while (!done.IsCancellationRequested && database.State.Health == DatabaseHealth.Healthy)
        {
            try
            {
                switch (random.Next(4))
                {
                    case 0:
                        LogPosition before = database.TrimmableBefore;
                        await database.TrimAsync(before);
                        Interlocked.Add(ref _losses, before.Value > 1 ? 1 : 0);
                        break;
                    case 1:
                        LogCompactionReport report = await database.CompactAsync(new LogCompactionOptions { MaxLiveRatio = 1 });
                        Interlocked.Add(ref _losses, report.RecordsRemoved > 0 ? 1 : 0);
                        break;
                    default:
                        await database.SnapshotAsync(done);
                        Interlocked.Increment(ref _snapshots);
                        break;
                }

                await Task.Delay(1, done);
            }
            catch (Exception exception) when (exception is LogPoisonedException or SimulatedCrashException or ObjectDisposedException or OperationCanceledException)
            {
                return;
            }
        }
    }

    private static FaultyStorageOptions Faults(int seed, int life, int operations) =>
        new() { Seed = (ulong)(uint)(seed + life), CrashAtOperation = 10 + (new Random((seed * 17) + life).Next(operations)) };

    private async Task LiveAsync(CrashingWorkload workload, FaultyStorage disk, int seed, bool isMaintained)
    {
        using CancellationTokenSource done = new();
        Task maintenance = Task.CompletedTask;
        Database? database = null;
        try
        {
            database = await OpenAsync(disk);
            _fromSnapshot += database.Recovery.SnapshotPosition == LogPosition.Start ? 0 : 1;
            maintenance = isMaintained ? Task.Run(() => MaintainAsync(database, new Random(seed), done.Token)) : maintenance;
            await workload.LiveAsync(database, seed);
        }
        catch (Exception exception) when (exception is LogPoisonedException or SimulatedCrashException)
        {
            // It crashed inside recovery: a life without transactions.
            disk.Report.CrashedAt.Should().NotBeNull();
        }

        await done.CancelAsync();
        await maintenance;
        if (database is not null)
        {
            await ((Task)database.DisposeAsync().AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private static async Task<Database> OpenAsync(FaultyStorage disk) => await Database.OpenAsync(await CommitLog.OpenAsync(disk, LogOptions), CrashingWorkload.Schema);
}
