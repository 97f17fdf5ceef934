using DataIntensive.Logs;
using DataIntensive.Testing;

namespace DataIntensive.Specs.Logs;

/// <summary>
/// A log whose storage crashes at any operation of append, roll, close or recovery, twice if need be, is opened with every
/// acknowledged commit, no half one, none that nobody wrote, and goes on.
/// </summary>
public sealed class LogCrashSpecs(ITestOutputHelper output)
{
    private static readonly CrashKind[] Kinds = [CrashKind.ProcessOnly, CrashKind.PowerCut];

    private int _crashes;
    private int _crashesInRecovery;
    private int _opens;
    private int _torn;

    [Fact]
    public async Task CrashAtEveryOperation_LosesNothingAcknowledged()
    {
        int first = SpecRun.FirstSeed(output);
        for (int seed = first; seed < first + (SpecRun.IsLong ? 12 : 1); seed++)
        {
            int operations = 0;
            while (true)
            {
                LogHistory history = new();
                FaultyStorage disk = new(new FaultyStorageOptions { Seed = (ulong)seed, CrashAtOperation = operations + 1 });
                Exception? failure = await LogScript.RunAsync(disk, seed, history);
                if (disk.Report.CrashedAt is null)
                {
                    failure.Should().BeNull("the script runs to its end on a good disk");
                    disk.Report.Creations.Should().BeGreaterThan(2, "the script rolls over");
                    break;
                }

                operations++;
                _crashes++;
                foreach (CrashKind kind in Kinds)
                {
                    for (int cut = 0; cut < (SpecRun.IsLong ? 5 : 1); cut++)
                    {
                        await RecoverEverywhereAsync(disk, history, kind, (ulong)((seed * 1000L) + cut));
                    }
                }
            }

            operations.Should().BeGreaterThan(35, "the script appends, rolls over and closes");
        }

        output.WriteLine($"{_crashes} crashes, {_crashesInRecovery} more inside recovery, {_opens} logs opened, {_torn} with a torn end");
        _crashesInRecovery.Should().BeGreaterThan(_crashes / 2);
        _torn.Should().BeGreaterThan(10);
    }

    [Fact]
    public async Task CrashAmongConcurrentWriters_LosesNothingAcknowledged()
    {
        int first = SpecRun.FirstSeed(output);
        for (int seed = first; seed < first + (SpecRun.IsLong ? 10 : 1); seed++)
        {
            bool crashed = true;
            for (int at = 1; crashed; at++)
            {
                LogHistory history = new();
                FaultyStorage disk = new(new FaultyStorageOptions { Seed = (ulong)seed, CrashAtOperation = at });
                await RunConcurrentlyAsync(disk, seed, history);
                crashed = disk.Report.CrashedAt is not null;
                _crashes += crashed ? 1 : 0;
                foreach (CrashKind kind in Kinds)
                {
                    FaultyStorage left = disk.AfterCrash(kind, new FaultyStorageOptions { Seed = (ulong)(seed + at) });
                    await ContinueAsync(left, history.Branch(), kind, $"{disk}, {kind}: {left}");
                }
            }
        }

        output.WriteLine($"{_crashes} crashes, {_opens} logs opened, {_torn} with a torn end");
        _crashes.Should().BeGreaterThan(15);
    }

    [Fact]
    public Task FailureOfEveryWrite_LosesNothingAcknowledged() => FailEverywhereAsync(
        (seed, at) => new FaultyStorageOptions { Seed = seed, FailWriteAt = at },
        report => report.FailedWrites,
        atLeast: 10,
        next: CrashKind.PowerCut);

    [Fact]
    public Task FailureOfEveryFlush_LosesNothingAcknowledgedBefore() => FailEverywhereAsync(
        (seed, at) => new FaultyStorageOptions { Seed = seed, FailFlushAt = at },
        report => report.FailedFlushes,
        atLeast: 10,
        next: CrashKind.PowerCut);

    [Fact]
    public async Task FailedFlush_PoisonsTheLogUntilItIsReopened()
    {
        FaultyStorage disk = new();
        LogHistory history = new();
        Random random = new(1);
        await using (CommitLog log = await LogScript.OpenAsync(disk))
        {
            await LogScript.AppendFrameAsync(log, history, random, toDisk: true);
            int acknowledged = history.Acknowledged;
            disk.FailNextFlush();
            await LogScript.AppendFrameAsync(log, history, random, toDisk: true);

            history.Acknowledged.Should().Be(acknowledged, "of what the failed flush covered nothing is known");
            LogBatch batch = new LogBatch().Add(1, [1]);
            log.Invoking(l => l.TryAppend(batch, Durability.Disk, new SubmittedCommit(-1, 1, 0, Durability.Disk), out _))
                .Should().Throw<LogPoisonedException>().Which.OutcomeUnknown.Should().BeFalse("it was refused");
        }

        disk.Report.FailedFlushes.Should().Be(1);
        history.Acknowledged.Should().BePositive();
        foreach (CrashKind kind in Kinds)
        {
            await ContinueAsync(disk.AfterCrash(kind), history.Branch(), kind, kind.ToString());
        }
    }

    [Fact]
    public async Task FailedFlush_ThenReopened_ThenAPowerCut_KeepsWhatWasAcknowledgedAfterIt()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            FaultyStorage disk = new(new FaultyStorageOptions { Seed = seed });
            LogHistory history = new();
            await using (CommitLog log = await LogScript.OpenAsync(disk))
            {
                await LogScript.AppendFrameAsync(log, history, new Random(1), toDisk: true);
                disk.FailNextFlush();
                try
                {
                    await LogScript.AppendFrameAsync(log, history, new Random(2), toDisk: true);
                }
                catch (LogPoisonedException)
                {
                    // Who wrote the frame before took the first of these commits along, and the next was refused.
                }
            }

            disk.Report.FailedFlushes.Should().Be(1);
            await ContinueAsync(disk.AfterCrash(CrashKind.ProcessOnly), history, CrashKind.ProcessOnly, $"{disk}", CrashKind.PowerCut);
        }
    }

    [Fact]
    public async Task CloseKilledBeforeItsFlush_ThenReopened_ThenAPowerCut_KeepsWhatWasAcknowledgedAfterIt()
    {
        FaultyStorage whole = new();
        LogHistory history = new();
        await AppendAndCloseAsync(whole, history);
        FaultyStorage disk = new(new FaultyStorageOptions { CrashAtOperation = whole.Report.Operations });
        history = new LogHistory();
        await AppendAndCloseAsync(disk, history);
        disk.Report.CrashedAt.Should().Be(whole.Report.Operations, "the last operation of a close is the flush of its mark");

        FaultyStorage restarted = disk.AfterCrash(CrashKind.ProcessOnly);
        await using (CommitLog log = await LogScript.OpenAsync(restarted))
        {
            history = Check(log, restarted, history, CrashKind.ProcessOnly);
            await LogScript.AppendFrameAsync(log, history, new Random(2), toDisk: true);
            restarted = restarted.AfterEveryPowerCut().First();
        }

        await using CommitLog again = await LogScript.OpenAsync(restarted);
        Check(again, restarted, history, CrashKind.PowerCut);

        static async Task AppendAndCloseAsync(FaultyStorage disk, LogHistory history)
        {
            await using CommitLog log = await LogScript.OpenAsync(disk);
            await LogScript.AppendFrameAsync(log, history, new Random(1), toDisk: true);
        }
    }

    [Fact]
    public async Task ManifestOfAKilledProcess_AndAPowerCutWhileTheNextIsWritten_IsNeverLost()
    {
        FaultyStorage whole = new();
        await OpenAppendAndCloseAsync(whole);
        int cuts = 0;
        for (long at = 1; at <= whole.Report.Operations; at++)
        {
            FaultyStorage disk = new(new FaultyStorageOptions { CrashAtOperation = at });
            await OpenAppendAndCloseAsync(disk);
            long operations = await OperationsOfOpenAsync(disk.AfterCrash(CrashKind.ProcessOnly));
            for (long again = 1; again <= operations; again++)
            {
                FaultyStorage restarted = disk.AfterCrash(CrashKind.ProcessOnly, new FaultyStorageOptions { CrashAtOperation = again });
                await OpenAndCloseAsync(restarted);
                for (ulong seed = 0; seed < 16; seed++)
                {
                    FaultyStorage left = restarted.AfterCrash(CrashKind.PowerCut, new FaultyStorageOptions { Seed = seed });
                    await using CommitLog log = await LogScript.OpenAsync(left);
                    cuts++;
                }
            }
        }

        output.WriteLine($"{cuts} power cuts");
        cuts.Should().BeGreaterThan(1_000);

        static async Task OpenAppendAndCloseAsync(FaultyStorage disk)
        {
            try
            {
                await using CommitLog log = await LogScript.OpenAsync(disk);
                await LogScript.AppendFrameAsync(log, new LogHistory(), new Random(1), toDisk: true);
            }
            catch (Exception exception) when (exception is IOException or DataIntensiveException)
            {
                disk.Report.CrashedAt.Should().NotBeNull();
            }
        }

        static async Task<long> OperationsOfOpenAsync(FaultyStorage disk)
        {
            await OpenAndCloseAsync(disk);
            return disk.Report.Operations;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FullDisk_WhereverItFills_LosesNothingAcknowledged(bool isSparse)
    {
        int seed = SpecRun.FirstSeed(output);
        FaultyStorage whole = new(new FaultyStorageOptions { IsSparse = isSparse });
        await LogScript.RunAsync(whole, seed, new LogHistory());
        int refused = 0;

        // Which commits share a frame, and so how many sectors are padded, is not the same in each run.
        for (long capacity = 0; capacity < whole.UsedBytes - (8 * 1024); capacity += SpecRun.IsLong ? 512 : 4_608)
        {
            LogHistory history = new();
            FaultyStorage disk = new(new FaultyStorageOptions { Seed = (ulong)seed, CapacityBytes = capacity, IsSparse = isSparse });
            Exception? failure = await LogScript.RunAsync(disk, seed, history);
            disk.Report.RefusedForSpace.Should().BePositive("{0} bytes are too few", capacity);
            if (!isSparse)
            {
                failure.Should().Match(f => f is LogFullException || f is IOException, "a disk that can prepare space refuses before anything is accepted");
            }

            refused++;
            foreach (CrashKind kind in Kinds)
            {
                await ContinueAsync(disk.AfterCrash(kind), history.Branch(), kind, $"{capacity} bytes, {disk}, {kind}");
            }
        }

        output.WriteLine($"{refused} sizes of disk, {_opens} logs opened, {_torn} with a torn end");
        refused.Should().BeGreaterThan(20);
    }

    private static async Task RunConcurrentlyAsync(FaultyStorage disk, int seed, LogHistory history)
    {
        try
        {
            await using CommitLog log = await LogScript.OpenAsync(disk);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
            {
                Random random = new(seed + writer);
                for (int i = 0; i < 6; i++)
                {
                    SubmittedCommit commit = history.Submit(random.Next(1, 5), random.Next(4_000), random.Next(3) == 0 ? Durability.Os : Durability.Disk);
                    LogPosition position = await log.AppendAsync(commit.ToBatch(), commit.Durability, TestContext.Current.CancellationToken);
                    history.Acknowledge(commit, position.Value);
                }
            })));
        }
        catch (Exception exception) when (exception is IOException or DataIntensiveException)
        {
            disk.Report.CrashedAt.Should().NotBeNull();
        }
    }

    private static async Task OpenAndCloseAsync(FaultyStorage disk)
    {
        try
        {
            await using CommitLog log = await LogScript.OpenAsync(disk);
        }
        catch (Exception exception) when (exception is IOException or DataIntensiveException)
        {
            // The crash. Where only an index was written, nobody is told of it.
        }
    }

    private async Task FailEverywhereAsync(Func<ulong, int, FaultyStorageOptions> fault, Func<FaultyStorageReport, int> count, int atLeast, CrashKind next)
    {
        int seed = SpecRun.FirstSeed(output);
        int failures = 0;
        while (true)
        {
            LogHistory history = new();
            FaultyStorage disk = new(fault((ulong)seed, failures + 1));
            Exception? failure = await LogScript.RunAsync(disk, seed, history);
            if (count(disk.Report) == 0)
            {
                failure.Should().BeNull();
                break;
            }

            failures++;
            foreach (CrashKind kind in Kinds)
            {
                for (ulong cut = 0; cut < (SpecRun.IsLong ? 20UL : 4UL); cut++)
                {
                    FaultyStorage left = disk.AfterCrash(kind, new FaultyStorageOptions { Seed = (ulong)seed + cut });
                    await ContinueAsync(left, history.Branch(), kind, $"{disk}, {kind}: {left}", kind == CrashKind.PowerCut ? kind : next);
                }
            }
        }

        output.WriteLine($"{failures} failures, {_opens} logs opened, {_torn} with a torn end");
        failures.Should().BeGreaterThan(atLeast);
    }

    // Opens what a crash left; and once for each operation of that, crashes there and opens what is left then.
    private async Task RecoverEverywhereAsync(FaultyStorage crashed, LogHistory history, CrashKind kind, ulong seed)
    {
        FaultyStorage left = crashed.AfterCrash(kind, new FaultyStorageOptions { Seed = seed });
        long operations = await ContinueAsync(left, history.Branch(), kind, $"{crashed}, {kind}: {left}");
        for (int at = 1; at <= operations; at++)
        {
            FaultyStorage again = crashed.AfterCrash(kind, new FaultyStorageOptions { Seed = seed, CrashAtOperation = at });
            await OpenAndCloseAsync(again);
            again.Report.CrashedAt.Should().Be(at);
            _crashesInRecovery++;
            foreach (CrashKind second in Kinds)
            {
                FaultyStorage rest = again.AfterCrash(second, new FaultyStorageOptions { Seed = seed + (ulong)at });
                CrashKind worst = kind == CrashKind.PowerCut ? kind : second;
                await ContinueAsync(rest, history.Branch(), worst, $"{crashed}, {kind}: {again}, {second}: {rest}");
            }
        }
    }

    // Opens, checks, appends, crashes, and does it again; then closes and looks a third time. Returns the operations of the first open.
    private async Task<long> ContinueAsync(FaultyStorage disk, LogHistory history, CrashKind kind, string story, CrashKind next = CrashKind.PowerCut)
    {
        try
        {
            Random random = new(7);
            long operations;
            await using (CommitLog log = await LogScript.OpenAsync(disk))
            {
                operations = disk.Report.Operations;
                history = Check(log, disk, history, kind);
                await LogScript.AppendFrameAsync(log, history, random, toDisk: true);
                disk = disk.AfterCrash(next);
            }

            await using (CommitLog log = await LogScript.OpenAsync(disk))
            {
                history = Check(log, disk, history, next);
                await LogScript.AppendFrameAsync(log, history, random, toDisk: true);
            }

            await using (CommitLog log = await LogScript.OpenAsync(disk))
            {
                log.Recovery.WasClosed.Should().BeTrue();
                Check(log, disk, history, CrashKind.PowerCut);
            }

            return operations;
        }
        catch (Exception exception)
        {
            throw new Xunit.Sdk.XunitException($"After {story}: {exception.Message}", exception);
        }
    }

    private LogHistory Check(CommitLog log, FaultyStorage disk, LogHistory history, CrashKind kind)
    {
        _opens++;
        if (log.Recovery.TornBytes > 0)
        {
            _torn++;
            disk.List().Should().Contain(log.Recovery.KeptAside, "what is cut off is kept aside");
        }

        return history.Check(log, kind);
    }
}
