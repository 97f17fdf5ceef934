using DataIntensive.Idempotency;

namespace DataIntensive.Tests.Idempotency;

/// <summary>What the standalone processor takes: nothing for a replay, and no more per key than its bound.</summary>
public sealed class MemoryIdempotencyBoundsTests
{
    private static readonly Func<CancellationToken, ValueTask<int>> Seven = static _ => new ValueTask<int>(7);
    private static readonly Func<IdempotencyContext, ValueTask<int>> SevenInContext = static _ => new ValueTask<int>(7);
    private static readonly IdempotencyKey Key = IdempotencyKey.Create("test", "a");
    private static readonly IdempotencyRequest Request = new(Key, IdempotencyFingerprint.OfBytes("request"u8));
    private static readonly IdempotencyCall<int> Call = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replay_TakesNoMemory()
    {
        InMemoryIdempotencyProcessor processor = IdempotencyProcessor.InMemory();
        await processor.ExecuteAsync(Request, SevenInContext, Call, Stop);
        int sum = Replay(processor, 1000);

        // The least of some: what the runtime makes once for a thread does not count against replays.
        long allocated = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            sum += Replay(processor, 10_000);
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        sum.Should().Be(2 * 7 * 51_000);
        allocated.Should().Be(0);
    }

    [Fact]
    public async Task Execute_ManyKeysAtOnce_LeavesNothingBesideTheKeptOnes()
    {
        InMemoryIdempotencyProcessor processor = IdempotencyProcessor.InMemory(new IdempotencyOptions { MaxKeys = 1000 });

        await Task.WhenAll(Enumerable.Range(0, 4).Select(part => Task.Run(
            async () =>
            {
                for (int index = 0; index < 50_000; index++)
                {
                    await processor.ExecuteAsync(IdempotencyKey.Create("test", part, index), Seven, cancellationToken: Stop);
                }
            },
            Stop)));

        processor.EntryCount.Should().Be(1000);
        processor.CompletedCount.Should().Be(1000);
        processor.RunningCount.Should().Be(0);
    }

    [Fact]
    public async Task Execute_FailuresAndSteps_LeaveNoMoreThanTheBound()
    {
        InMemoryIdempotencyProcessor processor = IdempotencyProcessor.InMemory(new IdempotencyOptions { MaxKeys = 10 });
        for (int index = 0; index < 100; index++)
        {
            IdempotencyKey key = IdempotencyKey.Create("test", index);
            await processor.Awaiting(keys => keys.ExecuteAsync<int>(
                key,
                async context =>
                {
                    if (key.GetHashCode() % 2 == 0)
                    {
                        await context.StepAsync("step", _ => new ValueTask<int>(1));
                    }

                    throw new InvalidDataException("for now");
                },
                cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidDataException>();
        }

        processor.EntryCount.Should().BeLessThanOrEqualTo(10);
        processor.RunningCount.Should().Be(0);
    }

    [Fact]
    public async Task Execute_OneKeyThatKeepsFailingBehindAStep_LeavesOneEntry()
    {
        InMemoryIdempotencyProcessor processor = IdempotencyProcessor.InMemory();
        IdempotencyKey[] keys = [Key, IdempotencyKey.Create("test", "b"), IdempotencyKey.Create("test", "c")];
        int steps = 0;
        for (int index = 0; index < 1000; index++)
        {
            IdempotencyKey key = keys[index % 7 % keys.Length];
            await processor.Awaiting(one => one.ExecuteAsync<int>(
                key,
                async context =>
                {
                    await context.StepAsync("step", _ => new ValueTask<int>(++steps));
                    throw new InvalidDataException("for now");
                },
                cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidDataException>();
            if (index % 100 == 0)
            {
                await processor.ExecuteAsync(IdempotencyKey.Create("between", index), Seven, cancellationToken: Stop);
            }
        }

        steps.Should().Be(3);
        processor.EntryCount.Should().Be(3 + 10);
        processor.AgeCount.Should().Be(3 + 10);
    }

    [Fact]
    public async Task Execute_AKeyThatFailedBehindAStepAndHasBecomeTheOldest_LeavesThePlaceToTheNextOne()
    {
        InMemoryIdempotencyProcessor processor = IdempotencyProcessor.InMemory(new IdempotencyOptions { MaxKeys = 3 });
        await CompleteAsync(0);
        await processor.Awaiting(one => one.ExecuteAsync<int>(
            Key,
            async context =>
            {
                await context.StepAsync("step", _ => new ValueTask<int>(1));
                throw new InvalidDataException("for now");
            },
            cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidDataException>();
        await CompleteAsync(1);
        await CompleteAsync(2);

        await processor.ExecuteAsync(Key, Seven, cancellationToken: Stop);
        await CompleteAsync(3);

        (await CompleteAsync(2)).Should().Be(IdempotencyOutcome.Replayed);
        (await CompleteAsync(1)).Should().Be(IdempotencyOutcome.Executed);
        processor.EntryCount.Should().Be(3);
        processor.AgeCount.Should().Be(3);

        async Task<IdempotencyOutcome> CompleteAsync(int number) =>
            (await processor.ExecuteAsync(IdempotencyKey.Create("test", number), Seven, cancellationToken: Stop)).Outcome;
    }

    [Fact]
    public async Task Execute_TenMillionKeys_TakesNoMoreMemoryThanTheFirstOnes()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("DATAINTENSIVE_LONG") == "1", "only with DATAINTENSIVE_LONG=1");
        const int Keys = 10_000_000;
        InMemoryIdempotencyProcessor processor = IdempotencyProcessor.InMemory(new IdempotencyOptions { MaxKeys = 100_000 });
        List<long> memory = [];

        for (int index = 0; index < Keys; index++)
        {
            (await processor.ExecuteAsync(IdempotencyKey.Create("test", index), Seven, cancellationToken: Stop)).Outcome.Should().Be(IdempotencyOutcome.Executed);
            if ((index + 1) % 1_000_000 == 0)
            {
                memory.Add(GC.GetTotalMemory(forceFullCollection: true));
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"MiB after each million: {string.Join(", ", memory.Select(bytes => $"{bytes / 1048576.0:0.0}"))}");
        processor.EntryCount.Should().Be(100_000);
        processor.AgeCount.Should().Be(100_000);
        processor.RunningCount.Should().Be(0);

        // One byte that is left of each of nine million keys would be more.
        memory[^1].Should().BeLessThan(memory[0] + 4_000_000);
    }

    private static int Replay(InMemoryIdempotencyProcessor processor, int times)
    {
        int sum = 0;
        for (int index = 0; index < times; index++)
        {
            sum += processor.ExecuteAsync(Key, Seven).Result.Value;
            sum += processor.ExecuteAsync(Request, SevenInContext, Call).Result.Value;
        }

        return sum;
    }
}
