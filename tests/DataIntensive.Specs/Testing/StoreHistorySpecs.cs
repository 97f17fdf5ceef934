using DataIntensive.Testing;

namespace DataIntensive.Specs.Testing;

/// <summary>Stores under many threads, recorded and checked: ours pass, broken ones are caught.</summary>
public sealed class StoreHistorySpecs(ITestOutputHelper output)
{
    private const int Threads = 8;
    private const int OperationsPerThread = 2_000;
    private const int Keys = 5;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task InMemoryStore_IsLinearizable() => (await CheckAsync(new StoreUnderTest(LinearizableStore.InMemory<string, int>()))).Verdict.Should().Be(CheckVerdict.Valid);

    [Fact]
    public async Task StoreOfADatabase_IsLinearizable()
    {
        await using Database database = Database.InMemory(new DatabaseSchema().AddStore<string, int>("stock"));

        LinearizabilityResult result = await CheckAsync(new StoreUnderTest(database.Store<string, int>("stock")));

        result.Verdict.Should().Be(CheckVerdict.Valid, result.ToString());
    }

    [Fact]
    public async Task StaleReads_AreCaught()
    {
        LinearizabilityResult result = await CheckAsync(new StoreUnderTest(LinearizableStore.InMemory<string, int>()) { ReadsStale = true });

        result.Verdict.Should().Be(CheckVerdict.Invalid);
        result.Violation!.Operations.Should().Contain(operation => operation.Function == KeyValueModel.Get);
    }

    [Fact]
    public async Task LostCompareAndSets_AreCaught() =>
        (await CheckAsync(new StoreUnderTest(LinearizableStore.InMemory<string, int>()) { LosesCompareAndSets = true })).Verdict.Should().Be(CheckVerdict.Invalid);

    [Fact]
    public async Task LostWrites_AreCaught() =>
        (await CheckAsync(new StoreUnderTest(LinearizableStore.InMemory<string, int>()) { LosesWrites = true })).Verdict.Should().Be(CheckVerdict.Invalid);

    // Cancelled calls are of unknown outcome, and the checker has to bear with many.
    [Fact]
    public async Task UnknownOutcomes_AreBorneWith()
    {
        LinearizabilityResult result = await CheckAsync(new StoreUnderTest(LinearizableStore.InMemory<string, int>()) { ForgetsOutcomes = true });

        result.Verdict.Should().Be(CheckVerdict.Valid, result.ToString());
    }

    private async Task<LinearizabilityResult> CheckAsync(StoreUnderTest store)
    {
        HistoryRecorder recorder = new();
        using Barrier together = new(Threads);
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(thread => new Thread(() =>
        {
            HistoryProcess process = recorder.StartProcess();
            together.SignalAndWait(Stop);
            RunAsync(store, process, new Random(thread)).GetAwaiter().GetResult();
        }))];
        Array.ForEach(threads, thread => thread.Start());
        await Task.Run(() => Array.ForEach(threads, thread => thread.Join()), Stop);
        History history = recorder.ToHistory();

        LinearizabilityResult result = LinearizabilityChecker.Check(history, new KeyValueModel(), cancellationToken: Stop);

        output.WriteLine($"{history}: {result.Configurations} configurations, {result.PeakBytes} bytes, {result.Elapsed.TotalMilliseconds:F0} ms\n{result}");
        history.Operations.Should().HaveCount(Threads * OperationsPerThread);
        int overlaps = history.Operations.Zip(history.Operations.Skip(1)).Count(pair => pair.Second.CalledAt < pair.First.ReturnedAt);
        overlaps.Should().BeGreaterThan(Threads * OperationsPerThread / 20, "the threads must have met");
        return result;
    }

    private static async Task RunAsync(StoreUnderTest store, HistoryProcess process, Random random)
    {
        for (int i = 0; i < OperationsPerThread; i++)
        {
            string key = $"k{random.Next(Keys)}";
            int value = random.Next(100);
            await (random.Next(10) switch
            {
                < 5 => store.GetAsync(process, key),
                < 7 => store.PutAsync(process, key, value),
                < 9 => store.CompareAndSetAsync(process, key, value),
                _ => store.DeleteAsync(process, key),
            });
        }
    }
}
