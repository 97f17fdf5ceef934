using DataIntensive.Streams;

namespace DataIntensive.Tests.Streams;

/// <summary>What a run in a database does, whatever log stands behind it.</summary>
public abstract class ExactlyOnceContract : IAsyncLifetime
{
    private const string Name = "counts";

    // Windows that overlap in time across keys, a late event, one without a key, one that is left out, and windows open at the end.
    private protected static readonly Tick[] Ticks =
    [
        new("a", 1), new("b", 4), new("a", 9), new("b", 12), new("c", 3), new("left out", 18, Value: 0), new("a", 2), new("a", 21),
        new(null, 22), new("b", 19), new("c", 33), new("a", 31), new("b", 12), new("b", 48), new("a", 47),
    ];

    protected static DatabaseSchema Schema { get; } = new DatabaseSchema().AddStreams().AddStreams().AddStore<string, string>("out");

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    private Database Database { get; set; } = null!;

    private string Out => Database.Store<string, string>("out").Read("out").Value ?? "";

    public async ValueTask InitializeAsync() => Database = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync(Database);
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(512)]
    public async Task AnyBatchSize_GivesWhatARunInMemoryGives(int batchSize)
    {
        foreach (WindowDefinition windows in Kinds)
        {
            await RunAsync(new ListSource(Ticks), windows, batchSize, windows.Shape);

            Out.Should().Be(await InMemoryAsync(windows));
            await Database.Store<string, string>("out").DeleteAsync("out", Stop);
        }
    }

    [Fact]
    public async Task CrashAtEachOutput_ThenARerun_GivesEachOutputOnce()
    {
        foreach (WindowDefinition windows in Kinds)
        {
            string expected = await InMemoryAsync(windows);
            int outputs = expected.Count(c => c == '\n');
            outputs.Should().BeGreaterThan(8);
            foreach (int batchSize in new[] { 1, 4, 512 })
            {
                for (int crash = 1; crash <= outputs; crash++)
                {
                    string name = $"{windows.Shape} {batchSize} {crash}";
                    Func<Task> run = () => RunAsync(new ListSource(Ticks), windows, batchSize, name, failAt: crash);
                    await run.Should().ThrowAsync<InjectedException>();
                    await ReopenAsync();

                    await RunAsync(new ListSource(Ticks), windows, batchSize, name);

                    Out.Should().Be(expected, $"it crashed at output {crash} with batches of {batchSize}");
                    await Database.Store<string, string>("out").DeleteAsync("out", Stop);
                }
            }
        }
    }

    [Fact]
    public async Task CrashBehindEachEvent_ThenARerun_GivesEachOutputOnce()
    {
        foreach (WindowDefinition windows in Kinds)
        {
            string expected = await InMemoryAsync(windows);
            for (int crash = 0; crash <= Ticks.Length; crash++)
            {
                foreach (int batchSize in new[] { 1, 2, 512 })
                {
                    string name = $"{windows.Shape} {batchSize} {crash}";
                    ListSource failing = new(Ticks) { Before = i => i == crash ? throw new InjectedException() : Task.CompletedTask };
                    Func<Task> run = () => RunAsync(failing, windows, batchSize, name);
                    await run.Should().ThrowAsync<InjectedException>();
                    await ReopenAsync();

                    ListSource whole = new(Ticks);
                    await RunAsync(whole, windows, batchSize, name);

                    // What was committed is not read again: that the crash came behind a commit is part of the case.
                    int committed = crash / batchSize * batchSize;
                    whole.ReadAfter.Should().Equal(committed == 0 ? LogPosition.Start : ListSource.PositionOf(committed - 1));
                    Out.Should().Be(expected, $"it crashed before event {crash} with batches of {batchSize}");
                    await Database.Store<string, string>("out").DeleteAsync("out", Stop);
                }
            }
        }
    }

    [Fact]
    public async Task EventThatWasLate_IsStillLateAfterARestart()
    {
        Tick[] ticks = [new("a", 5), new("a", 25), new("a", 6)];
        ListSource failing = new(ticks) { Before = i => i == 2 ? throw new InjectedException() : Task.CompletedTask };
        Func<Task> run = () => RunAsync(failing, Tick.Tumbling(10), batchSize: 1);
        await run.Should().ThrowAsync<InjectedException>();
        await ReopenAsync();

        StreamRunResult result = await RunAsync(new ListSource(ticks), Tick.Tumbling(10), batchSize: 1);

        Out.Should().Be("a [0,10) 1\nLate a@6 w22\na [20,30) 1\n");
        result.Should().Be(new StreamRunResult(ListSource.PositionOf(2), LateEvents: 1));
    }

    [Fact]
    public async Task Cancel_ClosesNoWindow_AndALaterRunGoesOn()
    {
        Tick[] ticks = [new("a", 5), new("a", 6), new("a", 7)];
        foreach (bool quietly in new[] { false, true })
        {
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            ListSource source = new(ticks) { WaitsAtTheEnd = !quietly, Before = i => i == ticks.Length ? stop.CancelAsync() : Task.CompletedTask };
            Func<Task> run = () => RunAsync(source, Tick.Tumbling(10), batchSize: 1, name: $"{quietly}", cancellationToken: stop.Token);
            await run.Should().ThrowAsync<OperationCanceledException>();
            Out.Should().BeEmpty();
            await ReopenAsync();

            ListSource rest = new([.. ticks, new("a", 8)]);
            await RunAsync(rest, Tick.Tumbling(10), batchSize: 1, name: $"{quietly}");

            rest.ReadAfter.Should().Equal(ListSource.PositionOf(2));
            Out.Should().Be("a [0,10) 4\n");
            await Database.Store<string, string>("out").DeleteAsync("out", Stop);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task SourceThatWaits_EndsTheBatch()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        TaskCompletionSource waiting = new();
        TaskCompletionSource go = new();
        ListSource source = new([new("a", 5), new("a", 17), new("a", 18)])
        {
            Before = i =>
            {
                if (i != 2)
                {
                    return Task.CompletedTask;
                }

                waiting.SetResult();
                return go.Task;
            },
        };
        Task<StreamRunResult> run = RunAsync(source, Tick.Tumbling(10), batchSize: 512);
        await waiting.Task.WaitAsync(stop);

        await foreach (StoreChange<string, string> change in Database.Store<string, string>("out").WatchAsync(Revision.None, stop))
        {
            change.Value.Should().Be("a [0,10) 1\n");
            break;
        }

        run.IsCompleted.Should().BeFalse();
        go.SetResult();
        await run;
        Out.Should().Be("a [0,10) 1\na [10,20) 2\n");
    }

    [Fact]
    public async Task EmptySource_Completes_AndARunAfterItDoesNothing()
    {
        StreamRunResult empty = await RunAsync(new ListSource([]), Tick.Tumbling(10), batchSize: 1);
        empty.Should().Be(default(StreamRunResult));
        await ReopenAsync();
        LogPosition before = Database.Visible;

        ListSource source = new(Ticks);
        StreamRunResult again = await RunAsync(source, Tick.Tumbling(10), batchSize: 1);

        again.Should().Be(empty);
        source.ReadAfter.Should().BeEmpty();
        Out.Should().BeEmpty();
        Database.Visible.Should().Be(before);
    }

    [Fact(Timeout = 60_000)]
    public async Task EndAfter_CompletesThere_WhetherOrNotSomethingStandsThere()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        Tick[] ticks = [new("a", 5), new("a", 6), new("a", 7)];
        (LogPosition End, bool Waits, string Expected)[] cases =
        [
            (ListSource.PositionOf(1), true, "a [0,10) 2\n"),
            (new LogPosition(ListSource.PositionOf(1).Value + 1), true, "a [0,10) 2\n"),
            (ListSource.PositionOf(2), true, "a [0,10) 3\n"),
            (new LogPosition(1000), false, "a [0,10) 3\n"),
        ];
        foreach ((LogPosition end, bool waits, string expected) in cases)
        {
            await RunAsync(new ListSource(ticks) { WaitsAtTheEnd = waits }, Tick.Tumbling(10), batchSize: 2, name: $"{end}", endAfter: end, cancellationToken: stop);
            Out.Should().Be(expected);

            await ReopenAsync();
            await RunAsync(new ListSource(ticks) { WaitsAtTheEnd = waits }, Tick.Tumbling(10), batchSize: 2, name: $"{end}", endAfter: end, cancellationToken: stop);
            Out.Should().Be(expected);
            await Database.Store<string, string>("out").DeleteAsync("out", stop);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task SourceThatOnlyTellsHowFarItIs_CompletesAnEnd_AndCausesNoCommit()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        LogPosition before = Database.Visible;
        List<LogPosition> seen = [];
        AggregatedStream<string, Tick, long> counts = Count(Tick.Timed(DataStream.From(new TellingSource(() => seen.Add(Database.Visible)))), Tick.Tumbling(10));

        StreamRunResult result = await counts.RunAsync(Database, Name, new StreamRunOptions { BatchSize = 1, EndAfter = new LogPosition(50) }, Write, cancellationToken: stop);

        result.Position.Should().Be(new LogPosition(50));
        seen.Should().Equal(Enumerable.Repeat(before, 50));
    }

    [Fact]
    public async Task OtherPipeline_IsRefused_NamingBoth()
    {
        await RunAsync(new ListSource(Ticks), Tick.Tumbling(10), batchSize: 512);

        Func<Task> other = () => RunAsync(new ListSource(Ticks), Tick.Tumbling(20), batchSize: 512);
        StreamStateMismatchException refusal = (await other.Should().ThrowAsync<StreamStateMismatchException>()).Which;
        refusal.Name.Should().Be(Name);
        refusal.Stored.Should().Be("source/timestamps/where/key(string)/tumbling(10,0)/aggregate(count)");
        refusal.Declared.Should().Be("source/timestamps/where/key(string)/tumbling(20,0)/aggregate(count)");

        Func<Task> sum = () => Tick.Timed(DataStream.From(new ListSource(Ticks)), bound: 3).Where(tick => tick.Value > 0).KeyBy(tick => tick.Key).Window(Tick.Tumbling(10))
            .Aggregate(Aggregators.Sum<Tick>(tick => tick.Value))
            .RunAsync(Database, Name, new StreamRunOptions(), Write, cancellationToken: Stop);
        await sum.Should().ThrowAsync<StreamStateMismatchException>();

        await Database.Store<string, byte[]>("$streams").UpdateAsync(Name, entry => [2, .. entry.Value![1..]], Stop);
        Func<Task> newer = () => RunAsync(new ListSource(Ticks), Tick.Tumbling(10), batchSize: 512);
        (await newer.Should().ThrowAsync<StreamStateMismatchException>()).Which.Stored.Should().Be("format 2");
    }

    [Fact]
    public async Task TwoRunsOfOneName_OneIsRefused_AndNothingIsWrittenTwice()
    {
        TaskCompletionSource waiting = new();
        TaskCompletionSource go = new();
        ListSource slow = new(Ticks)
        {
            Before = i =>
            {
                if (i != 3)
                {
                    return Task.CompletedTask;
                }

                waiting.SetResult();
                return go.Task;
            },
        };
        Task<StreamRunResult> first = RunAsync(slow, Tick.Tumbling(10), batchSize: 1);
        await waiting.Task.WaitAsync(Stop);
        await RunAsync(new ListSource(Ticks), Tick.Tumbling(10), batchSize: 1);
        go.SetResult();
        Func<Task> overtaken = () => first;

        await overtaken.Should().ThrowAsync<InvalidOperationException>().WithMessage("*being run elsewhere*");
        Out.Should().Be(await InMemoryAsync(Tick.Tumbling(10)));
    }

    [Fact]
    public async Task WhatCannotBeRunExactlyOnce_IsRefusedAtOnce()
    {
        StreamRunOptions options = new();
        KeyedStream<string, Tick> resumable = Tick.Timed(DataStream.From(new ListSource(Ticks))).KeyBy(tick => tick.Key);
        Func<Task>[] runs =
        [
            () => Count(Tick.Stream(Ticks), Tick.Tumbling(10)).RunAsync(Database, Name, options, Write),
            () => resumable.Window(Tick.Tumbling(10)).Aggregate<NotStored, long, long>(default(NotStored)).RunAsync(Database, Name, options, Write),
            () => resumable.Window(Tick.Tumbling(10)).Aggregate(Aggregators.Combine(Aggregators.Count<Tick>(), Aggregators.Of<NotStored, Tick, long, long>(default)))
                .RunAsync(Database, Name, options, (_, _) => { }),
            () => resumable.Window(Tick.Tumbling(10)).LateTo(_ => { }).Aggregate(Aggregators.Count<Tick>()).RunAsync(Database, Name, options, Write),
        ];
        foreach (Func<Task> run in runs)
        {
            await run.Should().ThrowAsync<InvalidOperationException>();
        }

        Func<Task> noKeyCodec = () => Tick.Timed(DataStream.From(new ListSource(Ticks))).KeyBy(tick => Tick.Time(tick.At)).Window(Tick.Tumbling(10))
            .Aggregate(Aggregators.Count<Tick>()).RunAsync(Database, Name, options, (_, _) => { });
        await noKeyCodec.Should().ThrowAsync<ArgumentException>();

        Func<Task> repeats = () => Count(Tick.Timed(DataStream.From(new RepeatingSource())), Tick.Tumbling(10)).RunAsync(Database, Name, options, Write);
        await repeats.Should().ThrowAsync<InvalidOperationException>().WithMessage("*position 5 after 5*");
        await using Database without = Database.InMemory(new DatabaseSchema());
        Func<Task> notDeclared = () => resumable.Window(Tick.Tumbling(10)).Aggregate(Aggregators.Count<Tick>()).RunAsync(without, Name, options, Write);
        await notDeclared.Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task CountAndSumTogether_GoOnFromTheirSavedState()
    {
        Tick[] ticks = [new("a", 1, 5), new("b", 2, 6), new("a", 3, 7), new("a", 20, 1)];
        for (int crash = 1; crash < ticks.Length; crash++)
        {
            ListSource failing = new(ticks) { Before = i => i == crash ? throw new InjectedException() : Task.CompletedTask };
            Func<Task> run = () => Run(failing, crash);
            await run.Should().ThrowAsync<InjectedException>();
            await ReopenAsync();
            await Run(new ListSource(ticks), crash);

            Out.Should().Be("a [0,10) (2, 12)\nb [0,10) (1, 6)\na [20,30) (1, 1)\n");
            await Database.Store<string, string>("out").DeleteAsync("out", Stop);
        }

        Task Run(ListSource source, int crash) => Tick.Timed(DataStream.From(source)).KeyBy(tick => tick.Key).Window(Tick.Tumbling(10))
            .Aggregate(Aggregators.Combine(Aggregators.Count<Tick>(), Aggregators.Sum<Tick>(tick => (decimal)tick.Value)))
            .RunAsync(Database, $"{crash}", new StreamRunOptions { BatchSize = 1 }, (transaction, result) => Append(transaction, Tick.Show(result)), cancellationToken: Stop);
    }

    protected abstract ValueTask<Database> OpenAsync();

    // Gives the database as a new process would find it.
    protected abstract ValueTask<Database> ReopenAsync(Database database);

    protected abstract ValueTask CloseAsync(Database database);

    private protected static WindowDefinition[] Kinds => [Tick.Tumbling(10), Tick.Session(6)];

    private static AggregatedStream<string, Tick, long> Count(TimedStream<Tick> stream, WindowDefinition windows) =>
        stream.KeyBy(tick => tick.Key).Window(windows).Aggregate(Aggregators.Count<Tick>());

    private protected static async Task<string> InMemoryAsync(WindowDefinition windows)
    {
        System.Text.StringBuilder output = new();
        await foreach (WindowResult<string, long> result in Tick.Stream(Ticks, bound: 3).Where(tick => tick.Value > 0).KeyBy(tick => tick.Key).Window(windows)
            .LateTo(late => output.Append(Tick.Show(late)).Append('\n')).Aggregate(Aggregators.Count<Tick>()).RunAsync(cancellationToken: Stop))
        {
            output.Append(Tick.Show(result)).Append('\n');
        }

        return output.ToString();
    }

    private static void Append(DatabaseTransaction transaction, string line) =>
        transaction.Database.Store<string, string>("out").In(transaction).Update("out", entry => entry.Value + line + "\n");

    private static void Write(DatabaseTransaction transaction, WindowResult<string, long> result) => Append(transaction, Tick.Show(result));

    private protected async Task<StreamRunResult> RunAsync(
        ListSource source,
        WindowDefinition windows,
        int batchSize,
        string name = Name,
        int failAt = 0,
        LogPosition? endAfter = null,
        Database? on = null,
        CancellationToken cancellationToken = default)
    {
        int outputs = 0;
        return await Count(Tick.Timed(DataStream.From(source), bound: 3).Where(tick => tick.Value > 0), windows).RunAsync(
            on ?? Database,
            name,
            new StreamRunOptions { BatchSize = batchSize, EndAfter = endAfter },
            (transaction, result) => WriteOrFail(transaction, Tick.Show(result)),
            (transaction, late) => WriteOrFail(transaction, Tick.Show(late)),
            cancellationToken == default ? Stop : cancellationToken);

        // The line stands in the transaction already when it fails.
        void WriteOrFail(DatabaseTransaction transaction, string line)
        {
            Append(transaction, line);
            if (++outputs == failAt)
            {
                throw new InjectedException();
            }
        }
    }

    private protected async Task ReopenAsync() => Database = await ReopenAsync(Database);

    private sealed class InjectedException : Exception;

    private readonly struct NotStored : IAggregator<Tick, long, long>
    {
        public long Create() => 0;

        public void Add(ref long accumulator, Tick item) => accumulator++;

        public void Merge(ref long into, in long from) => into += from;

        public long Result(in long accumulator) => accumulator;
    }

    private sealed class TellingSource(Action asked) : IStreamSource<Tick>
    {
        public async IAsyncEnumerable<StreamRecord<Tick>> ReadAsync(LogPosition after, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            for (long position = after.Value + 1; ; position++)
            {
                await Task.Yield();
                asked();
                yield return StreamRecord<Tick>.NothingUpTo(new LogPosition(position));
            }
        }
    }

    private sealed class RepeatingSource : IStreamSource<Tick>
    {
        public async IAsyncEnumerable<StreamRecord<Tick>> ReadAsync(LogPosition after, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            yield return new StreamRecord<Tick>(new Tick("a", 1), new LogPosition(5));
            yield return new StreamRecord<Tick>(new Tick("a", 2), new LogPosition(5));
        }
    }
}
