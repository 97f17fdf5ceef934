using System.Diagnostics.CodeAnalysis;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.Idempotency;

/// <summary>What every <see cref="IIdempotencyProcessor"/> does, whatever stands behind it.</summary>
public abstract class IdempotencyProcessorContract : IAsyncLifetime
{
    protected static readonly IdempotencyKey Key = IdempotencyKey.Create("test", "a");

    protected static readonly IdempotencyOptions Options = new() { Retention = TimeSpan.FromHours(1), MaxKeys = 100 };

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    protected IIdempotencyProcessor Processor { get; set; } = null!;

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected abstract int RunningCount { get; }

    protected abstract int CompletedCount { get; }

    public async ValueTask InitializeAsync() => Processor = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Execute_Twice_RunsOnceAndReplays()
    {
        int runs = 0;

        IdempotentResult<int> first = await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(++runs), cancellationToken: Stop);
        IdempotentResult<int> second = await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(++runs), cancellationToken: Stop);

        first.Should().Be(new IdempotentResult<int>(1, IdempotencyOutcome.Executed));
        second.Should().Be(new IdempotentResult<int>(1, IdempotencyOutcome.Replayed));
        RunningCount.Should().Be(0);
    }

    [Fact]
    public async Task Execute_OtherOperationWithTheSameParts_RunsByItself()
    {
        await Processor.ExecuteAsync(IdempotencyKey.Create("one", 1), _ => new ValueTask<int>(1), cancellationToken: Stop);

        IdempotentResult<int> other = await Processor.ExecuteAsync(IdempotencyKey.Create("two", 1), _ => new ValueTask<int>(2), cancellationToken: Stop);

        other.Should().Be(new IdempotentResult<int>(2, IdempotencyOutcome.Executed));
    }

    [Fact]
    public async Task Execute_By100AtOnce_RunsOnceAndTheOthersJoin()
    {
        int runs = 0;
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<IdempotentResult<int>>[] callers = [.. Enumerable.Range(0, 100).Select(_ => CallAsync())];

        gate.SetResult();
        IdempotentResult<int>[] results = await Task.WhenAll(callers);

        runs.Should().Be(1);
        results.Should().OnlyContain(result => result.Value == 7);
        results.Count(result => result.Outcome == IdempotencyOutcome.Executed).Should().Be(1);
        results.Count(result => result.Outcome == IdempotencyOutcome.Joined).Should().Be(99);
        RunningCount.Should().Be(0);

        Task<IdempotentResult<int>> CallAsync() => Processor.ExecuteAsync(
            Key,
            async _ =>
            {
                Interlocked.Increment(ref runs);
                await gate.Task;
                return 7;
            },
            cancellationToken: Stop).AsTask();
    }

    [Fact]
    public async Task Execute_ByManyThreads_RunsOnce()
    {
        int runs = 0;
        Task<IdempotentResult<int>>[] callers = [.. Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            IdempotentResult<int> last = default;
            for (int i = 0; i < 50; i++)
            {
                last = await Processor.ExecuteAsync(
                    IdempotencyKey.Create("test", i),
                    async _ =>
                    {
                        await Task.Yield();
                        return Interlocked.Increment(ref runs);
                    },
                    cancellationToken: Stop);
            }

            return last;
        }))];

        IdempotentResult<int>[] results = await Task.WhenAll(callers);

        runs.Should().Be(50);
        results.Select(result => result.Value).Distinct().Should().HaveCount(1);
        RunningCount.Should().Be(0);
    }

    [Fact]
    public async Task Cancel_OneWaiter_StopsOnlyIt()
    {
        using CancellationTokenSource leaving = new();
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        CancellationToken seen = default;
        Task<IdempotentResult<int>> runner = ExecuteGatedAsync(gate.Task, token => seen = token, leaving.Token);
        Task<IdempotentResult<int>> waiter = ExecuteGatedAsync(gate.Task, _ => { }, Stop);

        await leaving.CancelAsync();
        await runner.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
        seen.IsCancellationRequested.Should().BeFalse();
        waiter.IsCompleted.Should().BeFalse();

        gate.SetResult();
        (await waiter).Should().Be(new IdempotentResult<int>(7, IdempotencyOutcome.Joined));
    }

    [Fact]
    public async Task Cancel_TheLastCaller_CancelsTheOperationAndTheNextCallRunsAgain()
    {
        using CancellationTokenSource first = new();
        using CancellationTokenSource second = new();
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<IdempotentResult<int>> runner = ExecuteUntilCancelledAsync(first.Token);
        Task<IdempotentResult<int>> waiter = ExecuteUntilCancelledAsync(second.Token);

        await first.CancelAsync();
        await runner.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
        await second.CancelAsync();
        await waiter.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(30), Stop);

        IdempotentResult<int> again = await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(8), cancellationToken: Stop);
        again.Should().Be(new IdempotentResult<int>(8, IdempotencyOutcome.Executed));
        RunningCount.Should().Be(0);

        Task<IdempotentResult<int>> ExecuteUntilCancelledAsync(CancellationToken cancellationToken) => Processor.ExecuteAsync<int>(
            Key,
            async token =>
            {
                try
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                }
                finally
                {
                    stopped.SetResult();
                }

                return 1;
            },
            cancellationToken: cancellationToken).AsTask();
    }

    [Fact]
    public async Task Cancel_AnOperationThatSucceedsNevertheless_IsReplayedAndNeverRunBesides()
    {
        using CancellationTokenSource leaving = new();
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<IdempotentResult<int>> runner = ExecuteGatedAsync(gate.Task, _ => { }, leaving.Token);
        await leaving.CancelAsync();
        await runner.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();

        bool ranBesides = false;
        Task<IdempotentResult<int>> next = ExecuteGatedAsync(Task.CompletedTask, _ => ranBesides = true, Stop);
        next.IsCompleted.Should().BeFalse();
        gate.SetResult();

        (await next).Should().Be(new IdempotentResult<int>(7, IdempotencyOutcome.Replayed));
        ranBesides.Should().BeFalse();
    }

    [Fact]
    public async Task Cancel_BeforeTheCall_RunsNothing()
    {
        bool ran = false;

        await Processor.Awaiting(processor => processor.ExecuteAsync(Key, _ => new ValueTask<bool>(ran = true), Bool, new CancellationToken(canceled: true)).AsTask())
            .Should().ThrowAsync<OperationCanceledException>();

        ran.Should().BeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Execute_AnOperationThatThrows_ReachesEveryoneAndFreesTheKey(bool atOnce)
    {
        InvalidDataException failure = new("no");
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<IdempotentResult<int>>[] callers = [.. Enumerable.Range(0, atOnce ? 1 : 10).Select(_ => Processor.ExecuteAsync(Key, Operation(), cancellationToken: Stop).AsTask())];

        gate.SetResult();
        foreach (Task<IdempotentResult<int>> caller in callers)
        {
            (await caller.Awaiting(task => task).Should().ThrowAsync<InvalidDataException>()).Which.Should().BeSameAs(failure);
        }

        RunningCount.Should().Be(0);
        CompletedCount.Should().Be(0);
        (await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(1), cancellationToken: Stop)).Outcome.Should().Be(IdempotencyOutcome.Executed);

        Func<CancellationToken, ValueTask<int>> Operation() => atOnce
            ? _ => throw failure
            : async _ =>
            {
                await gate.Task;
                throw failure;
            };
    }

    [Fact]
    public async Task Execute_EmptyResults_ReplayEqual()
    {
        (await BothAsync<string?>("null", null, Codecs.String!)).Should().BeNull();
        (await BothAsync("empty", "", Codecs.String)).Should().BeEmpty();
        (await BothAsync("default", 0, Codecs.Int32)).Should().Be(0);
        (await BothAsync("no guid", Guid.Empty, Codecs.Guid)).Should().Be(Guid.Empty);
        (await BothAsync<byte[]>("no bytes", [], Codecs.Bytes)).Should().BeEmpty();

        async Task<T> BothAsync<T>(string name, T value, ICodec<T> codec)
        {
            IdempotencyKey key = IdempotencyKey.Create(name);
            (await Processor.ExecuteAsync(key, _ => new ValueTask<T>(value), codec, Stop)).Outcome.Should().Be(IdempotencyOutcome.Executed);
            IdempotentResult<T> replayed = await Processor.ExecuteAsync<T>(key, _ => throw new InvalidDataException("ran again"), codec, Stop);
            replayed.Outcome.Should().Be(IdempotencyOutcome.Replayed);
            return replayed.Value;
        }
    }

    [Fact]
    public async Task Execute_WithoutResult_RunsOnce()
    {
        int runs = 0;

        IdempotencyOutcome first = await Processor.ExecuteAsync(Key, async _ => { runs++; await Task.Yield(); }, Stop);
        IdempotencyOutcome second = await Processor.ExecuteAsync(Key, async _ => { runs++; await Task.Yield(); }, Stop);

        runs.Should().Be(1);
        (first, second).Should().Be((IdempotencyOutcome.Executed, IdempotencyOutcome.Replayed));
    }

    [Fact]
    public async Task Execute_WithAnotherTypeOfResult_IsToldAndNotRunAgain()
    {
        await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(1), Codecs.Int32, Stop);

        await Processor.Awaiting(processor => processor.ExecuteAsync<string>(Key, _ => throw new InvalidDataException("ran again"), Codecs.String, Stop).AsTask())
            .Should().ThrowAsync<IdempotentResultUnavailableException>();

        (await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(2), Codecs.Int32, Stop)).Value.Should().Be(1);
    }

    [Fact]
    public async Task Execute_WithAnotherTypeOfResultWhileItRuns_IsToldAndLeavesItAlone()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<IdempotentResult<int>> runner = ExecuteGatedAsync(gate.Task, _ => { }, Stop);

        await Processor.Awaiting(processor => processor.ExecuteAsync<string>(Key, _ => throw new InvalidDataException("ran too"), Codecs.String, Stop).AsTask())
            .Should().ThrowAsync<IdempotentResultUnavailableException>();

        gate.SetResult();
        (await runner).Outcome.Should().Be(IdempotencyOutcome.Executed);
    }

    [Fact]
    public async Task Execute_FromInsideItsOwnOperation_IsRefused()
    {
        await Processor.Awaiting(processor => processor.ExecuteAsync(
            Key,
            async token =>
            {
                await Task.Yield();
                return (await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(1), cancellationToken: token)).Value;
            },
            cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidOperationException>();

        (await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(1), cancellationToken: Stop)).Outcome.Should().Be(IdempotencyOutcome.Executed);
    }

    [Fact]
    public async Task Execute_FromInsideAnOperationOfAnotherKey_RunsUnlessItComesBack()
    {
        IdempotencyKey other = IdempotencyKey.Create("other");

        IdempotentResult<int> outer = await Processor.ExecuteAsync(
            Key,
            async token => (await Processor.ExecuteAsync(
                other,
                async inner =>
                {
                    await Task.Yield();
                    await Processor.Awaiting(processor => processor.ExecuteAsync(Key, _ => new ValueTask<int>(1), cancellationToken: inner).AsTask())
                        .Should().ThrowAsync<InvalidOperationException>();
                    return 2;
                },
                cancellationToken: token)).Value,
            cancellationToken: Stop);

        outer.Should().Be(new IdempotentResult<int>(2, IdempotencyOutcome.Executed));
    }

    [Fact]
    public async Task Execute_FromWhatAnOperationLeftRunning_IsNoReentry()
    {
        TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<IdempotentResult<int>>? later = null;
        await Processor.ExecuteAsync(
            Key,
            _ =>
            {
                later = LaterAsync();
                return new ValueTask<int>(1);
            },
            cancellationToken: Stop);
        Time.Advance(Options.Retention);

        over.SetResult();
        (await later!).Should().Be(new IdempotentResult<int>(2, IdempotencyOutcome.Executed));

        async Task<IdempotentResult<int>> LaterAsync()
        {
            await over.Task;
            return await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(2), cancellationToken: Stop);
        }
    }

    [Fact]
    public async Task Execute_AfterTheRetention_RunsAgain()
    {
        await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(1), cancellationToken: Stop);

        Time.Advance(Options.Retention - TimeSpan.FromTicks(1));
        (await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(2), cancellationToken: Stop)).Outcome.Should().Be(IdempotencyOutcome.Replayed);

        Time.Advance(TimeSpan.FromTicks(1));
        (await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(3), cancellationToken: Stop)).Should().Be(new IdempotentResult<int>(3, IdempotencyOutcome.Executed));
        (await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(4), cancellationToken: Stop)).Should().Be(new IdempotentResult<int>(3, IdempotencyOutcome.Replayed));
    }

    [Fact]
    public async Task Execute_WhenTheClockGoesBack_RevivesNothing()
    {
        DateTimeOffset start = Time.GetUtcNow();
        IdempotencyKey other = IdempotencyKey.Create("other");
        await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(1), cancellationToken: Stop);
        Time.Advance(Options.Retention);
        await Processor.ExecuteAsync(other, _ => new ValueTask<int>(1), cancellationToken: Stop);

        Time.AdjustTime(start);

        (await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(2), cancellationToken: Stop)).Should().Be(new IdempotentResult<int>(2, IdempotencyOutcome.Executed));
        (await Processor.ExecuteAsync(other, _ => new ValueTask<int>(2), cancellationToken: Stop)).Should().Be(new IdempotentResult<int>(1, IdempotencyOutcome.Replayed));
    }

    [Fact]
    public async Task Execute_WhenTheClockGoesBackAfterAKeyWasFoundTooOld_RevivesNothing()
    {
        DateTimeOffset start = Time.GetUtcNow();
        await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(1), cancellationToken: Stop);
        Time.Advance(Options.Retention);
        await Processor.Awaiting(processor => processor.ExecuteAsync<int>(Key, _ => throw new InvalidDataException("no"), cancellationToken: Stop).AsTask())
            .Should().ThrowAsync<InvalidDataException>();

        Time.AdjustTime(start);

        (await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(2), cancellationToken: Stop)).Should().Be(new IdempotentResult<int>(2, IdempotencyOutcome.Executed));
    }

    [Fact]
    public async Task Execute_PastMaxKeys_ForgetsTheOldestCompletedAndNoneInProgress()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<IdempotentResult<int>> running = ExecuteGatedAsync(gate.Task, _ => { }, Stop);
        for (int i = 0; i <= Options.MaxKeys; i++)
        {
            await Processor.ExecuteAsync(IdempotencyKey.Create("test", i), _ => new ValueTask<int>(i), cancellationToken: Stop);
        }

        CompletedCount.Should().Be(Options.MaxKeys);
        Task<IdempotentResult<int>> joined = ExecuteGatedAsync(gate.Task, _ => { }, Stop);
        gate.SetResult();
        (await running).Outcome.Should().Be(IdempotencyOutcome.Executed);
        (await joined).Outcome.Should().Be(IdempotencyOutcome.Joined);
        (await Processor.ExecuteAsync(IdempotencyKey.Create("test", 2), _ => new ValueTask<int>(0), cancellationToken: Stop)).Outcome.Should().Be(IdempotencyOutcome.Replayed);
        (await Processor.ExecuteAsync(IdempotencyKey.Create("test", 0), _ => new ValueTask<int>(0), cancellationToken: Stop)).Outcome.Should().Be(IdempotencyOutcome.Executed);
    }

    [Fact]
    public async Task Execute_AfterManyHaveExpired_ForgetsThemLittleByLittle()
    {
        for (int i = 0; i < 50; i++)
        {
            await Processor.ExecuteAsync(IdempotencyKey.Create("test", i), _ => new ValueTask<int>(i), cancellationToken: Stop);
        }

        Time.Advance(Options.Retention);
        await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(1), cancellationToken: Stop);
        CompletedCount.Should().BeInRange(2, 50);
        for (int i = 50; i < 70; i++)
        {
            await Processor.ExecuteAsync(IdempotencyKey.Create("test", i), _ => new ValueTask<int>(i), cancellationToken: Stop);
        }

        CompletedCount.Should().Be(21);
    }

    [Fact]
    public async Task Execute_Misused_IsRefused()
    {
        await Processor.Awaiting(processor => processor.ExecuteAsync(default, _ => new ValueTask<int>(1), cancellationToken: Stop).AsTask()).Should().ThrowAsync<ArgumentException>();
        await Processor.Awaiting(processor => processor.ExecuteAsync<int>(Key, null!, cancellationToken: Stop).AsTask()).Should().ThrowAsync<ArgumentNullException>();
        RunningCount.Should().Be(0);
    }

    [Fact]
    [SuppressMessage("Reliability", "CA2000", Justification = "Disposed with the callers.")]
    public async Task Execute_UnderRandomCancellationsAndFailures_SucceedsAtMostOnce()
    {
        int sample = 0;
        Gen<Caller> caller = Gen.Select(Gen.Int[0, 6], Gen.Int[-6, 8], Gen.Int[0, 4], Gen.Int[0, 9], Gen.Bool, (start, cancel, steps, fate, heeds) => new Caller(start, cancel, steps, fate, heeds));

        await caller.Array[20, 40].SampleAsync(
            async callers =>
            {
                IdempotencyKey key = IdempotencyKey.Create("random", Interlocked.Increment(ref sample));
                Story story = new();
                string?[] given = await Task.WhenAll(callers.Select(one => Task.Run(() => PlayAsync(one, key, story))));

                // Also the end of an operation that everyone has left: this call waits for it.
                IdempotentResult<string> last = await Processor.ExecuteAsync(key, _ => new ValueTask<string>("last"), cancellationToken: Stop);
                story.Overlapped.Should().BeFalse();
                story.Successes.Should().BeLessThanOrEqualTo(1);
                last.Outcome.Should().Be(story.Successes == 1 ? IdempotencyOutcome.Replayed : IdempotencyOutcome.Executed);
                given.Should().OnlyContain(value => value == null || value == last.Value);
                RunningCount.Should().Be(0);
            },
            iter: 200,
            threads: 1);
    }

    protected abstract ValueTask<IIdempotencyProcessor> OpenAsync();

    protected virtual ValueTask CloseAsync() => ValueTask.CompletedTask;

    protected Task<IdempotentResult<int>> ExecuteGatedAsync(Task gate, Action<CancellationToken> onRun, CancellationToken cancellationToken) =>
        Processor.ExecuteAsync(
            Key,
            async token =>
            {
                onRun(token);
                await gate;
                return 7;
            },
            cancellationToken: cancellationToken).AsTask();

    private static ICodec<bool> Bool { get; } = Codecs.Json<bool>("bool");

    private async Task<string?> PlayAsync(Caller caller, IdempotencyKey key, Story story)
    {
        using CancellationTokenSource leaving = new();
        await YieldAsync(caller.StartsAfter);
        Task<IdempotentResult<string>> call = Processor.ExecuteAsync(
            key,
            async token =>
            {
                using Story.Run run = story.Begin();
                for (int i = 0; i < caller.Steps; i++)
                {
                    await Task.Yield();
                    if (caller.HeedsCancellation)
                    {
                        token.ThrowIfCancellationRequested();
                    }
                }

                return caller.Fate < 6 ? throw new InvalidDataException("failed") : run.Succeed();
            },
            cancellationToken: leaving.Token).AsTask();
        if (caller.LeavesAfter >= 0)
        {
            await YieldAsync(caller.LeavesAfter);
            await leaving.CancelAsync();
        }

        try
        {
            return (await call).Value;
        }
        catch (Exception expected) when (expected is InvalidDataException or OperationCanceledException)
        {
            return null;
        }
    }

    private static async Task YieldAsync(int times)
    {
        for (int i = 0; i < times; i++)
        {
            await Task.Yield();
        }
    }

    private sealed record Caller(int StartsAfter, int LeavesAfter, int Steps, int Fate, bool HeedsCancellation);

    private sealed class Story
    {
        private int _running;
        private int _successes;

        public bool Overlapped { get; private set; }

        public int Successes => Volatile.Read(ref _successes);

        public Run Begin()
        {
            Overlapped |= Interlocked.Increment(ref _running) != 1;
            return new Run(this);
        }

        internal sealed class Run(Story story) : IDisposable
        {
            public string Succeed() => $"success {Interlocked.Increment(ref story._successes)}";

            public void Dispose() => Interlocked.Decrement(ref story._running);
        }
    }
}
