using DataIntensive.Testing;

namespace DataIntensive.Specs.Events;

/// <summary>Appends with versions, appends under conditions, and reads, recorded and checked: in memory, in a log, and over crashes.</summary>
public sealed class EventHistorySpecs(ITestOutputHelper output)
{
    private const int Callers = 8;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EventStore_IsLinearizable()
    {
        HistoryRecorder recorder = new();
        await using Database database = Database.InMemory(RecordedEvents.Schema);
        (await RunAsync(new RecordedEvents(database.Events(), recorder), seed: 1, "m", calls: SpecRun.IsLong ? 500 : 120)).Should().BeTrue();

        Check(recorder, "in memory").Should().Be(CheckVerdict.Valid);
    }

    [Fact]
    public async Task ForgottenConditions_AreCaught()
    {
        HistoryRecorder recorder = new();
        await using Database database = Database.InMemory(RecordedEvents.Schema);
        await RunAsync(new RecordedEvents(database.Events(), recorder) { LosesConditions = true }, seed: 1, "m", calls: 120);

        Check(recorder, "without conditions").Should().Be(CheckVerdict.Invalid);
    }

    // The disk crashes anywhere, three times, with a state snapshot now and then; who was answered finds its events behind the crash.
    [Theory]
    [InlineData(CrashKind.ProcessOnly)]
    [InlineData(CrashKind.PowerCut)]
    public async Task EventStoreInALog_IsLinearizableOverCrashes(CrashKind kind)
    {
        int crashes = 0;
        int first = SpecRun.FirstSeed(output);
        for (int seed = first; seed < first + (SpecRun.IsLong ? 200 : 10); seed++)
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
            Check(recorder, $"seed {seed}, {kind}").Should().Be(CheckVerdict.Valid);
        }

        crashes.Should().BeGreaterThan(5);
        output.WriteLine($"{crashes} crashes");
    }

    // True when the life came to its end. Opening may meet the crash too.
    private static async Task<bool> LiveAsync(FaultyStorage disk, HistoryRecorder recorder, int seed, string name)
    {
        try
        {
            bool went;
            CommitLog log = await CommitLog.OpenAsync(disk, new CommitLogOptions { SegmentBytes = 64 * 1024 }, cancellationToken: Stop);
            await using (Database database = await Database.OpenAsync(log, RecordedEvents.Schema, cancellationToken: Stop))
            {
                await ExpectWholeAsync(database.Events());
                Task<bool> callers = RunAsync(new RecordedEvents(database.Events(), recorder), seed, name, calls: 20);
                await database.SnapshotAsync(Stop);
                went = await callers;
            }

            // Closing may meet the crash too.
            return went && disk.Report.CrashedAt is null;
        }
        catch (Exception) when (disk.Report.CrashedAt is not null)
        {
            return false;
        }
    }

    // Positions and versions have no gap, whatever was torn.
    private static async Task ExpectWholeAsync(IEventStore events)
    {
        List<RecordedEvent> all = await events.ReadAllAsync(cancellationToken: Stop).ToListAsync(Stop);
        all.Select(recorded => recorded.Position.Value).Should().Equal(Enumerable.Range(1, all.Count).Select(position => (long)position));
        foreach (IGrouping<StreamId, RecordedEvent> stream in all.GroupBy(recorded => recorded.Stream))
        {
            stream.Select(recorded => recorded.Version).Should().Equal(Enumerable.Range(1, stream.Count()).Select(version => (long)version));
        }
    }

    private static async Task<bool> RunAsync(RecordedEvents events, int seed, string name, int calls)
    {
        Task<bool>[] callers = [.. Enumerable.Range(0, Callers).Select(caller => Task.Run(() => events.RunAsync(calls, new Random((seed * 100) + caller), $"{name}{caller}"), Stop))];
        return (await Task.WhenAll(callers)).All(went => went);
    }

    private CheckVerdict Check(HistoryRecorder recorder, string what)
    {
        History history = recorder.ToHistory();
        LinearizabilityResult result = LinearizabilityChecker.Check(history, new EventStreamModel(), cancellationToken: Stop);
        output.WriteLine($"{what}: {history}, {result.Configurations} configurations, {(result.Verdict == CheckVerdict.Valid ? "" : result)}");
        return result.Verdict;
    }
}
