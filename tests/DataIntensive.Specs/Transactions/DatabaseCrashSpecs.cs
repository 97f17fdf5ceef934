using DataIntensive.Testing;

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

    private static CommitLogOptions LogOptions => new() { SegmentBytes = 64 * 1024, ReserveBytes = 4 * 1024, IdleMarkDelay = Timeout.InfiniteTimeSpan };

    [Theory]
    [InlineData(TransactionIsolation.Serializable, TransactionLevel.StrictSerializable)]
    [InlineData(TransactionIsolation.Snapshot, TransactionLevel.StrongSnapshotIsolation)]
    public async Task HistoryOverCrashes_KeepsItsLevel(TransactionIsolation isolation, TransactionLevel level)
    {
        int first = SpecRun.FirstSeed(output);
        int crashes = 0;
        int unknown = 0;
        for (int seed = first; seed < first + (SpecRun.IsLong ? 60 : 8); seed++)
        {
            CrashingWorkload workload = new(keys: 6, Processes, TransactionsEach, isolation);
            FaultyStorage disk = new(Faults(seed, life: 0));
            for (int life = 1; life <= Lives; life++)
            {
                await LiveAsync(workload, disk, seed + life);
                crashes += disk.Report.CrashedAt is null ? 0 : 1;
                disk = disk.AfterCrash(life % 2 == 0 ? CrashKind.ProcessOnly : CrashKind.PowerCut, Faults(seed, life));
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

        crashes.Should().BeGreaterThan(8, "crashes must hit");
        unknown.Should().BeGreaterThan(8, "some transactions must be under way when they do");
    }

    private static FaultyStorageOptions Faults(int seed, int life) =>
        new() { Seed = (ulong)(uint)(seed + life), CrashAtOperation = 10 + (new Random((seed * 17) + life).Next(120)) };

    private static async Task LiveAsync(CrashingWorkload workload, FaultyStorage disk, int seed)
    {
        Database? database = null;
        try
        {
            database = await OpenAsync(disk);
            await workload.LiveAsync(database, seed);
        }
        catch (Exception exception) when (exception is LogPoisonedException or SimulatedCrashException)
        {
            // It crashed inside recovery: a life without transactions.
            disk.Report.CrashedAt.Should().NotBeNull();
        }

        if (database is not null)
        {
            await ((Task)database.DisposeAsync().AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private static async Task<Database> OpenAsync(FaultyStorage disk) => await Database.OpenAsync(await CommitLog.OpenAsync(disk, LogOptions), CrashingWorkload.Schema);
}
