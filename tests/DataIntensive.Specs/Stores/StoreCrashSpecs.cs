using DataIntensive.Testing;

namespace DataIntensive.Specs.Stores;

/// <summary>Eight callers and a reader of all keys: linearizable in every store, and over crashes, with the history going on behind them.</summary>
public sealed class StoreCrashSpecs(ITestOutputHelper output)
{
    private const int Callers = 8;
    private static readonly DatabaseSchema Schema = new DatabaseSchema().AddStore<string, string>("texts");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task InMemoryStore_WithUpdatesAndReadsOfAllKeys_IsLinearizable()
    {
        HistoryRecorder recorder = new();
        await RunAsync(LinearizableStore.InMemory<string, string>(), recorder, seed: 1, "m", calls: 500);

        Check(recorder, "in memory").Should().Be(CheckVerdict.Valid);
    }

    [Fact]
    public async Task StoreOfADatabase_WithUpdatesAndReadsOfAllKeys_IsLinearizable()
    {
        HistoryRecorder recorder = new();
        await using Database database = Database.InMemory(Schema);
        await RunAsync(database.Store<string, string>("texts"), recorder, seed: 1, "d", calls: 500);

        Check(recorder, "a database in memory").Should().Be(CheckVerdict.Valid);
    }

    // The disk crashes anywhere, three times; whoever was answered finds its write behind the crash, whoever was not may or may not.
    [Theory]
    [InlineData(CrashKind.ProcessOnly)]
    [InlineData(CrashKind.PowerCut)]
    public async Task StoreInALog_IsLinearizableOverCrashes(CrashKind kind)
    {
        int crashes = 0;
        int seeds = SpecRun.IsLong ? 200 : 12;
        int undecided = 0;
        for (int seed = 1; seed <= seeds; seed++)
        {
            HistoryRecorder recorder = new();
            Random random = new(seed);
            FaultyStorage disk = new(new FaultyStorageOptions { Seed = (ulong)seed, CrashAtOperation = random.Next(15, 80) });
            for (int life = 0; life < 4; life++)
            {
                if (await LiveAsync(disk, recorder, seed, $"{life}"))
                {
                    break;
                }

                crashes++;
                disk = disk.AfterCrash(kind, new FaultyStorageOptions { Seed = (ulong)(seed + (life * 1000)), CrashAtOperation = life == 2 ? 0 : random.Next(15, 80) });
            }

            disk.Report.CrashedAt.Should().BeNull("the last life ends well, so that what is left is read");
            undecided += Check(recorder, $"seed {seed}, {kind}") == CheckVerdict.Unknown ? 1 : 0;
        }

        // Each crash leaves eight writes that may have happened at any time since: now and then there are too many orders to look through.
        undecided.Should().BeLessThanOrEqualTo(1 + (seeds / 20));

        crashes.Should().BeGreaterThan(5);
        output.WriteLine($"{crashes} crashes");
    }

    // True when the life came to its end. Opening may meet the crash too.
    private static async Task<bool> LiveAsync(FaultyStorage disk, HistoryRecorder recorder, int seed, string name)
    {
        try
        {
            bool went;
            await using (Database database = await Database.OpenAsync(await Logs(disk), Schema, cancellationToken: Stop))
            {
                went = await RunAsync(database.Store<string, string>("texts"), recorder, seed, name, calls: 30);
            }

            // The crash may hit the closing, which does not throw.
            return went && disk.Report.CrashedAt is null;
        }
        catch (Exception) when (disk.Report.CrashedAt is not null)
        {
            return false;
        }

        static async Task<CommitLog> Logs(FaultyStorage disk) => await CommitLog.OpenAsync(disk, cancellationToken: Stop);
    }

    private static async Task<bool> RunAsync(ILinearizableStore<string, string> store, HistoryRecorder recorder, int seed, string name, int calls)
    {
        RecordedStore recorded = new(store, recorder);
        Task<bool>[] callers =
        [
            .. Enumerable.Range(0, Callers).Select(caller => Task.Run(() => recorded.RunAsync(calls, new Random((seed * 100) + caller), $"{name}{caller}"), Stop)),
            Task.Run(() => recorded.ScanAsync(calls / 2), Stop),
        ];
        return (await Task.WhenAll(callers)).All(went => went);
    }

    private CheckVerdict Check(HistoryRecorder recorder, string what)
    {
        History history = recorder.ToHistory();
        LinearizabilityResult result = LinearizabilityChecker.Check(history, new KeyValueModel(), cancellationToken: Stop);
        output.WriteLine($"{what}: {history}, {result.Configurations} configurations");
        result.Verdict.Should().NotBe(CheckVerdict.Invalid, $"{what}: {result}");
        return result.Verdict;
    }
}
