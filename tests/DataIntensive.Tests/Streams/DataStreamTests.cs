using System.Runtime.CompilerServices;
using DataIntensive.Streams;

namespace DataIntensive.Tests.Streams;

public sealed class DataStreamTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Process_GivesTheStateAfterEachRecord()
    {
        DataStream<int> stream = DataStream.From(Enumerable.Range(1, 5)).Where(n => n != 3).Select(n => n * 10);

        (await stream.Process(0, (n, sum) => sum + n, Stop).ToArrayAsync(Stop)).Should().Equal(10, 30, 70, 120);
        (await stream.Process(0, (n, sum) => sum + n, Stop).ToArrayAsync(Stop)).Should().Equal(10, 30, 70, 120);
    }

    [Fact]
    public async Task Run_OfAnAsyncSource_GivesResultsAsSoonAsTheirWindowCloses()
    {
        TaskCompletionSource seen = new();
        AggregatedStream<string, Tick, long> counts = Count(Tick.Timed(DataStream.From(Source())), Tick.Tumbling(10));
        List<string> results = [];

        await foreach (WindowResult<string, long> result in counts.RunAsync(cancellationToken: Stop))
        {
            results.Add(Tick.Show(result));
            seen.TrySetResult();
        }

        results.Should().Equal("a [0,10) 2", "a [10,20) 1");

        async IAsyncEnumerable<Tick> Source()
        {
            yield return new Tick("a", 1);
            yield return new Tick("a", 2);
            yield return new Tick("a", 12);
            await seen.Task;
        }
    }

    [Fact]
    public async Task Watermark_IsTheLargestTimeLessTheBound_AndMovesBehindItsEvent()
    {
        List<string> late = [];
        WindowResult<string, long>[] results = await Tick.Stream([new(null, 50), new("a", 100), new("a", 79), new("a", 80), new("a", 120), new("a", 99), new("a", 130)], bound: 20)
            .KeyBy(tick => tick.Key)
            .Window(Tick.Tumbling(10))
            .LateTo(e => late.Add(Tick.Show(e)))
            .Aggregate(Aggregators.Count<Tick>())
            .RunAsync(cancellationToken: Stop)
            .ToArrayAsync(Stop);

        // Before the first event there is no watermark; 100 makes it 80, which closes [70,80) and leaves [80,90) open.
        late.Should().Equal($"NoKey null@50 w{(DateTimeOffset.MinValue - DateTimeOffset.UnixEpoch).Ticks}", "Late a@79 w80", "Late a@99 w100");
        results.Select(Tick.Show).Should().Equal("a [80,90) 1", "a [100,110) 1", "a [120,130) 1", "a [130,140) 1");
    }

    [Fact]
    public async Task EventsThatAreLeftOut_StillMoveTheWatermark()
    {
        List<string> seen = [];
        AggregatedStream<string, Tick, long> counts = Tick.Stream(Source())
            .Where(tick => tick.Value > 0)
            .Select(tick => tick with { Value = 7 })
            .KeyBy(tick => tick.Key)
            .Window(Tick.Tumbling(10))
            .LateTo(e => seen.Add(Tick.Show(e)))
            .Aggregate(Aggregators.Sum<Tick>(tick => tick.Value));

        await foreach (WindowResult<string, long> result in counts.RunAsync(cancellationToken: Stop))
        {
            seen.Add(Tick.Show(result));
        }

        seen.Should().Equal("asked 2", "a [0,10) 7", "asked 3", "Late a@6 w10", "asked 4", "NoKey null@30 w15", "a [10,20) 7", "asked 5", "Late a@15 w30");

        IEnumerable<Tick> Source()
        {
            yield return new Tick("a", 5);
            yield return Asked(2, new Tick("filtered", 10, Value: 0));
            yield return Asked(3, new Tick("a", 6));
            yield return new Tick("a", 15);
            yield return Asked(4, new Tick(null, 30));
            yield return Asked(5, new Tick("a", 15));
        }

        Tick Asked(int index, Tick tick)
        {
            seen.Add($"asked {index}");
            return tick;
        }
    }

    [Fact]
    public async Task EmptyStream_GivesNothingAndCompletes()
    {
        (await Count(Tick.Stream([]), Tick.Tumbling(10)).RunAsync(cancellationToken: Stop).CountAsync(Stop)).Should().Be(0);
        (await Count(Tick.Stream([]), Tick.Session(10)).RunAsync(cancellationToken: Stop).CountAsync(Stop)).Should().Be(0);
    }

    [Fact]
    public async Task End_ClosesAllWindowsOnce_InOrder()
    {
        WindowResult<string, long>[] results = await Count(Tick.Stream([new("b", 25), new("a", 5), new("b", 7)], bound: 100), Tick.Tumbling(10))
            .RunAsync(cancellationToken: Stop).ToArrayAsync(Stop);

        results.Select(Tick.Show).Should().Equal("a [0,10) 1", "b [0,10) 1", "b [20,30) 1");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_ClosesNoWindow(bool sourceEndsQuietly)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        List<string> results = [];

        Func<Task> run = async () =>
        {
            await foreach (WindowResult<string, long> result in Count(Tick.Timed(DataStream.From(Source())), Tick.Tumbling(10)).RunAsync(cancellationToken: stop.Token))
            {
                results.Add(Tick.Show(result));
            }
        };

        await run.Should().ThrowAsync<OperationCanceledException>();
        results.Should().Equal("a [0,10) 1");

        async IAsyncEnumerable<Tick> Source([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            yield return new Tick("a", 1);
            yield return new Tick("a", 11);
            await stop.CancelAsync();
            if (!sourceEndsQuietly)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }
        }
    }

    [Fact]
    public async Task CountAndSumTogether_MergeInSessions()
    {
        WindowResult<string, (long Count, decimal Sum)>[] results = await Tick.Stream([new("a", 0, 5), new("a", 15, 6), new("a", 8, 7)], bound: 100)
            .KeyBy(tick => tick.Key)
            .Window(Tick.Session(10))
            .Aggregate(Aggregators.Combine(Aggregators.Count<Tick>(), Aggregators.Sum<Tick>(tick => tick.Value / 2m)))
            .RunAsync(cancellationToken: Stop)
            .ToArrayAsync(Stop);

        results.Should().Equal(new WindowResult<string, (long, decimal)>("a", Tick.Window(0, 25), (3, 9m)));
    }

    [Fact]
    public async Task Aggregator_OfOnesOwn_IsUsed()
    {
        WindowResult<string, long>[] results = await Tick.Stream([new("a", 0, 5), new("a", 1, 9), new("a", 2, 7)])
            .KeyBy(tick => tick.Key)
            .Window(Tick.Tumbling(10))
            .Aggregate<Largest, long, long>(default(Largest))
            .RunAsync(cancellationToken: Stop)
            .ToArrayAsync(Stop);

        results.Select(Tick.Show).Should().Equal("a [0,10) 9");
    }

    [Fact]
    public async Task Sum_BeyondItsRange_FailsTheRun()
    {
        Func<Task> run = async () => await Tick.Stream([new("a", 0, long.MaxValue), new("a", 1)])
            .KeyBy(tick => tick.Key)
            .Window(Tick.Tumbling(10))
            .Aggregate(Aggregators.Sum<Tick>(tick => tick.Value))
            .RunAsync(cancellationToken: Stop)
            .CountAsync(Stop);

        await run.Should().ThrowAsync<OverflowException>();
    }

    [Fact]
    public async Task MoreOpenWindowsThanAllowed_AreRefused()
    {
        StreamRunOptions options = new() { MaxOpenWindows = 3 };
        Tick[] three = [new("a", 1), new("b", 1), new("a", 30)];
        foreach (WindowDefinition windows in new WindowDefinition[] { Tick.Tumbling(10), Tick.Session(10) })
        {
            (await Count(Tick.Stream([.. three, new("a", 32)], bound: 100), windows).RunAsync(options, Stop).CountAsync(Stop)).Should().Be(3);
            Func<Task> run = async () => await Count(Tick.Stream([.. three, new("c", 1)], bound: 100), windows).RunAsync(options, Stop).CountAsync(Stop);
            (await run.Should().ThrowAsync<StreamStateFullException>()).Which.Limit.Should().Be(3);
        }
    }

    [Fact]
    public async Task Run_ToAPosition_NeedsASourceWithPositions()
    {
        StreamRunOptions options = new() { EndAfter = ListSource.PositionOf(1) };
        Action without = () => Count(Tick.Stream([new("a", 1)]), Tick.Tumbling(10)).RunAsync(options);
        without.Should().Throw<InvalidOperationException>();

        ListSource source = new([new("a", 1), new("a", 2), new("a", 3)]) { WaitsAtTheEnd = true };
        WindowResult<string, long>[] results = await Count(Tick.Timed(DataStream.From(source)), Tick.Tumbling(10)).RunAsync(options, Stop).ToArrayAsync(Stop);

        results.Select(Tick.Show).Should().Equal("a [0,10) 2");
    }

    [Fact]
    public async Task EventsOfKnownKeysAndOpenWindows_AllocateNothing()
    {
        const int Warm = 2_000;
        const int Measured = 50_000;
        long before = 0;
        long after = 0;
        string[] keys = ["a", "b", "c"];

        long total = await Tick.Stream(Source(), bound: 1_000_000)
            .Where(tick => tick.Value != 0)
            .KeyBy(tick => tick.Key)
            .Window(Tick.Tumbling(1_000))
            .Aggregate(Aggregators.Combine(Aggregators.Count<Tick>(), Aggregators.Sum<Tick>(tick => tick.Value)))
            .RunAsync(cancellationToken: Stop)
            .Select(result => result.Value.First)
            .SumAsync(Stop);

        total.Should().Be(Warm + Measured);

        // Less than a byte an event: what is made once on the way, such as code that is compiled anew, does not count.
        (after - before).Should().BeLessThan(Measured, "an event must not cost an allocation");

        IEnumerable<Tick> Source()
        {
            for (int i = 0; i < Warm + Measured; i++)
            {
                if (i == Warm)
                {
                    before = GC.GetAllocatedBytesForCurrentThread();
                }

                // Three windows in turn, so that the one at hand changes with every event.
                yield return new Tick(keys[i % 3], (i * 1_000L % 3_000) + (i % 997), i + 1);
            }

            after = GC.GetAllocatedBytesForCurrentThread();
        }
    }

    private static AggregatedStream<string, Tick, long> Count(TimedStream<Tick> stream, WindowDefinition windows) =>
        stream.KeyBy(tick => tick.Key).Window(windows).Aggregate(Aggregators.Count<Tick>());

    private readonly struct Largest : IAggregator<Tick, long, long>
    {
        public long Create() => long.MinValue;

        public void Add(ref long accumulator, Tick item) => accumulator = Math.Max(accumulator, item.Value);

        public void Merge(ref long into, in long from) => into = Math.Max(into, from);

        public long Result(in long accumulator) => accumulator;
    }
}
