using CsCheck;
using DataIntensive.Streams;

namespace DataIntensive.Tests.Streams;

public sealed class BatchSizeTests
{
    private static readonly Gen<Tick> AnyTick =
        Gen.Select(Gen.Int[-1, 3], Gen.Long[-100, 100], Gen.Long[0, 5], (key, at, value) => new Tick(key < 0 ? null : $"k{key}", at, value));

    [Fact]
    public async Task AnyBatchSize_GivesEqualOutputs_AlsoAcrossRestarts() =>
        await Gen.Select(AnyTick.Array[0, 40], Gen.Long[0, 60], Gen.Long[1, 40], Gen.Bool, Gen.Int[0, 40]).SampleAsync(
            async run =>
            {
                (Tick[] ticks, long bound, long size, bool sessions, int crash) = run;
                WindowDefinition windows = sessions ? Tick.Session(size) : Tick.Tumbling(size);
                string expected = await OutputsAsync(ticks, bound, windows, 1, crash: -1);
                foreach (int batchSize in new[] { 2, 7, 512 })
                {
                    (await OutputsAsync(ticks, bound, windows, batchSize, crash: -1)).Should().Be(expected);
                }

                foreach (int batchSize in new[] { 1, 7 })
                {
                    (await OutputsAsync(ticks, bound, windows, batchSize, crash)).Should().Be(expected);
                }
            },
            iter: 50);

    private static async Task<string> OutputsAsync(Tick[] ticks, long bound, WindowDefinition windows, int batchSize, int crash)
    {
        await using Database database = Database.InMemory(new DatabaseSchema().AddStreams().AddStore<string, string>("out"), new DatabaseOptions { MemoryLogBytes = 1024 * 1024 });
        DatabaseStore<string, string> store = database.Store<string, string>("out");
        if (crash >= 0 && crash <= ticks.Length)
        {
            ListSource failing = new(ticks) { Before = i => i == crash ? throw new InvalidDataException() : Task.CompletedTask };
            await FluentActions.Awaiting(() => RunAsync(failing)).Should().ThrowAsync<InvalidDataException>();
        }

        StreamRunResult result = await RunAsync(new ListSource(ticks));
        return $"{store.Read("out").Value}{result}";

        Task<StreamRunResult> RunAsync(ListSource source) => Tick.Timed(DataStream.From(source), bound)
            .Where(tick => tick.Value > 0)
            .KeyBy(tick => tick.Key)
            .Window(windows)
            .Aggregate(Aggregators.Sum<Tick>(tick => tick.Value))
            .RunAsync(
                database,
                "sums",
                new StreamRunOptions { BatchSize = batchSize },
                (transaction, result) => Append(transaction, Tick.Show(result)),
                (transaction, late) => Append(transaction, Tick.Show(late)));

        void Append(DatabaseTransaction transaction, string line) => store.In(transaction).Update("out", entry => $"{entry.Value}{line}\n");
    }
}
