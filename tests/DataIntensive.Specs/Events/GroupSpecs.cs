using DataIntensive.Testing;

namespace DataIntensive.Specs.Events;

/// <summary>
/// Members that race, fail, are stopped and crash: each event has its effect once, or a dead letter, and each stream is handled in order.
/// </summary>
public sealed class GroupSpecs(ITestOutputHelper output)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(GroupKind.InOrder)]
    [InlineData(GroupKind.Sequencer)]
    [InlineData(GroupKind.Waiting)]
    public async Task RacingMembers_ThatFailAndAreStopped_GiveEachEventItsEffectOnceInOrder(GroupKind kind)
    {
        int first = SpecRun.FirstSeed(output);
        int failures = 0;
        int late = 0;
        for (int seed = first; seed < first + (SpecRun.IsLong ? 100 : 6); seed++)
        {
            GroupWorkload workload = new(kind, seed);
            await using Database database = Database.InMemory(GroupWorkload.Schema);
            Task writer = Task.Run(() => GroupWorkload.AppendAsync(database, 200, new Random(seed)), Stop);
            await workload.RunAsync(database, times: 12);
            await writer;
            await workload.CheckAsync(database);
            failures += workload.Failures;
            late += workload.Late;
            output.WriteLine($"seed {seed}: {workload.Report}");
        }

        failures.Should().BeGreaterThan(10, "handlers must fail");
        late.Should().BeGreaterThan(kind == GroupKind.Waiting ? 5 : -1, "and be late");
    }

    // The disk crashes at any operation, four times.
    [Theory]
    [InlineData(GroupKind.InOrder, CrashKind.PowerCut)]
    [InlineData(GroupKind.Sequencer, CrashKind.PowerCut)]
    [InlineData(GroupKind.Sequencer, CrashKind.ProcessOnly)]
    [InlineData(GroupKind.Waiting, CrashKind.PowerCut)]
    [InlineData(GroupKind.Waiting, CrashKind.ProcessOnly)]
    public async Task Crashes_LeaveEachEventWithItsEffectOnceOrItsDeadLetter(GroupKind kind, CrashKind crash)
    {
        int first = SpecRun.FirstSeed(output);
        int crashes = 0;
        for (int seed = first; seed < first + (SpecRun.IsLong ? 150 : 8); seed++)
        {
            GroupWorkload workload = new(kind, seed);
            Random random = new(seed);
            FaultyStorage disk = new(new FaultyStorageOptions { Seed = (ulong)seed });
            await using (Database database = await OpenAsync(disk))
            {
                await GroupWorkload.AppendAsync(database, 80, random);
            }

            for (int life = 1; life <= 4; life++)
            {
                disk = disk.AfterCrash(crash, new FaultyStorageOptions { Seed = (ulong)(seed + life), CrashAtOperation = random.Next(8, 90) });
                await LiveAsync(disk, workload, random);
                crashes += disk.Report.CrashedAt is null ? 0 : 1;
            }

            disk = disk.AfterCrash(crash, new FaultyStorageOptions { Seed = (ulong)seed });
            await using Database last = await OpenAsync(disk);
            await workload.CheckAsync(last);
            output.WriteLine($"seed {seed}: {workload.Report}");
        }

        crashes.Should().BeGreaterThan(8, "crashes must hit");
        output.WriteLine($"{crashes} crashes");
    }

    private static async Task LiveAsync(FaultyStorage disk, GroupWorkload workload, Random random)
    {
        try
        {
            await using Database database = await OpenAsync(disk);
            for (int i = 0; i < 6 && disk.Report.CrashedAt is null; i++)
            {
                await GroupWorkload.AppendAsync(database, 4, random);
                await workload.RunAsync(database, times: 2);
            }
        }
        catch (Exception) when (disk.Report.CrashedAt is not null)
        {
            // What was under way may have happened or not.
        }
    }

    private static async Task<Database> OpenAsync(FaultyStorage disk) =>
        await Database.OpenAsync(await CommitLog.OpenAsync(disk, cancellationToken: Stop), GroupWorkload.Schema);
}
