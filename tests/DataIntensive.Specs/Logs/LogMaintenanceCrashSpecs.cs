using DataIntensive.Logs;
using DataIntensive.Testing;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Specs.Logs;

/// <summary>
/// A crash at any storage operation of compaction and trimming, and at any of the recovery behind it, leaves all that is needed, tells
/// what is gone, and lets the same maintenance be done again.
/// </summary>
public sealed class LogMaintenanceCrashSpecs(ITestOutputHelper output)
{
    private static readonly CrashKind[] Kinds = [CrashKind.ProcessOnly, CrashKind.PowerCut];

    private int _crashes;
    private int _crashesInRecovery;
    private int _opens;

    [Fact]
    public async Task CrashAtEveryOperation_OfCompactionAndTrimming_LosesNothingNeeded()
    {
        int first = SpecRun.FirstSeed(output);
        for (int seed = first; seed < first + (SpecRun.IsLong ? 25 : 1); seed++)
        {
            (FaultyStorage whole, _) = await WriteAsync(seed, crashAt: 0);
            long begin = whole.Report.Operations;
            await MaintainAsync(whole, await ModelOfAsync(seed));
            whole.Report.Operations.Should().BeGreaterThan(begin + 20, "several segments are compacted and some trimmed");
            for (long at = begin + 1; at <= whole.Report.Operations; at++)
            {
                (FaultyStorage disk, LogModel model) = await WriteAsync(seed, at);
                await CrashAsync(() => MaintainAsync(disk, model));
                disk.Report.CrashedAt.Should().Be(at);
                _crashes++;
                foreach (CrashKind kind in Kinds)
                {
                    await RecoverEverywhereAsync(disk, model, kind, (ulong)seed);
                }

                // What a power cut leaves of unsynced writes and names differs with the seed.
                for (ulong cut = 1; cut <= (SpecRun.IsLong ? 12UL : 3UL); cut++)
                {
                    FaultyStorage left = disk.AfterCrash(CrashKind.PowerCut, new FaultyStorageOptions { Seed = (ulong)seed + (cut * 1000) });
                    await ContinueAsync(left, model, $"{disk}: {left}");
                }
            }
        }

        output.WriteLine($"{_crashes} crashes, {_crashesInRecovery} more inside recovery, {_opens} logs opened");
        _crashesInRecovery.Should().BeGreaterThan(_crashes);
    }

    private async Task RecoverEverywhereAsync(FaultyStorage crashed, LogModel model, CrashKind kind, ulong seed)
    {
        FaultyStorage left = crashed.AfterCrash(kind, new FaultyStorageOptions { Seed = seed });
        long operations = await ContinueAsync(left, model, $"{crashed}, {kind}: {left}");
        for (int at = 1; at <= operations; at++)
        {
            FaultyStorage again = crashed.AfterCrash(kind, new FaultyStorageOptions { Seed = seed, CrashAtOperation = at });
            await OpenAndCloseAsync(again);
            again.Report.CrashedAt.Should().Be(at);
            _crashesInRecovery++;
            FaultyStorage rest = again.AfterCrash(kind, new FaultyStorageOptions { Seed = seed + (ulong)at });
            await ContinueAsync(rest, model, $"{crashed}, {kind}: {again}: {rest}");
        }
    }

    private async Task<long> ContinueAsync(FaultyStorage disk, LogModel model, string story)
    {
        try
        {
            long operations;
            await using (CommitLog log = await OpenAsync(disk))
            {
                operations = disk.Report.Operations;
                model.Check(log);
                _opens++;
            }

            await MaintainAsync(disk, model);
            await using CommitLog again = await OpenAsync(disk, LogOpenCheck.Unproven);
            model.Check(again);
            return operations;
        }
        catch (Exception exception)
        {
            throw new Xunit.Sdk.XunitException($"After {story}: {exception.Message}", exception);
        }
    }

    private static async Task<LogModel> ModelOfAsync(int seed) => (await WriteAsync(seed, crashAt: 0)).Model;

    // Several segments, of which much is no longer needed.
    private static async Task<(FaultyStorage Disk, LogModel Model)> WriteAsync(int seed, long crashAt)
    {
        FaultyStorage disk = new(new FaultyStorageOptions { Seed = (ulong)seed, CrashAtOperation = crashAt });
        LogModel model = new();
        Random random = new(seed);
        for (int life = 0; life < 3; life++)
        {
            await using CommitLog log = await OpenAsync(disk);
            for (int i = 0; i < 8; i++)
            {
                SubmittedCommit commit = model.Submit(random.Next(1, 5), random.Next(1_000, 12_000));
                model.Acknowledge(commit, await log.AppendAsync(commit.ToBatch()), new FakeTimeProvider().GetUtcNow());
            }
        }

        model.Kill(random, 0.7, model.End);
        model.MayBeginAt = model.End / 4;
        return (disk, model);
    }

    private static async Task MaintainAsync(FaultyStorage disk, LogModel model)
    {
        await using CommitLog log = await OpenAsync(disk);
        await log.CompactAsync(model.IsAlive, new LogCompactionOptions { MaxLiveRatio = 0.9 });
        await log.TrimAsync(new LogPosition(Math.Max(log.Range.First.Value, model.MayBeginAt)));
        model.Check(log);
    }

    private static Task<CommitLog> OpenAsync(FaultyStorage disk, LogOpenCheck check = LogOpenCheck.Everything) =>
        CommitLog.OpenAsync(disk, new CommitLogOptions { SegmentBytes = 64 * 1024, ReserveBytes = 0, TimeProvider = new FakeTimeProvider(), OpenCheck = check });

    private static Task OpenAndCloseAsync(FaultyStorage disk) => CrashAsync(async () =>
    {
        await using CommitLog log = await OpenAsync(disk);
    });

    // Where the crash comes while an index is written, nobody is told of it.
    private static async Task CrashAsync(Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (Exception exception) when (exception is IOException or DataIntensiveException)
        {
        }
    }
}
