using System.Globalization;
using DataIntensive.Testing;

namespace DataIntensive.Specs.Idempotency;

/// <summary>A hundred callers of one key, who come and go at random, of an operation that fails at random.</summary>
public sealed class IdempotencyCallerSpecs(ITestOutputHelper output)
{
    private const int Callers = 100;

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("DATAINTENSIVE_LONG") == "1";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public Task Memory_SucceedsAtMostOnceAndTellsEveryoneTheSame() => PlayAsync(IdempotencyProcessor.InMemory(), IsLong ? 5000 : 300);

    [Fact]
    public async Task Database_SucceedsAtMostOnceAndTellsEveryoneTheSame()
    {
        using FaultyStorage storage = new(new FaultyStorageOptions { Seed = 1 });
        await using Database database = await Database.OpenAsync(await CommitLog.OpenAsync(storage, cancellationToken: Stop), new DatabaseSchema().AddIdempotency(), cancellationToken: Stop);
        await PlayAsync(database.Idempotency(), IsLong ? 2000 : 100);
        database.Idempotency().OpenCount.Should().Be(0, "every run ended, and nothing is of unknown outcome");
    }

    private async Task PlayAsync(IIdempotencyProcessor processor, int rounds)
    {
        int first = int.Parse(Environment.GetEnvironmentVariable("DATAINTENSIVE_SEED") ?? Environment.TickCount.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        output.WriteLine($"seeds {first} to {first + rounds - 1} (set DATAINTENSIVE_SEED to begin with one)");
        int successes = 0;
        int cancelled = 0;
        int failed = 0;
        for (int seed = first; seed < first + rounds; seed++)
        {
            Story story = new(processor, IdempotencyKey.Create("random", seed));
            Random random = new(seed);
            Caller[] callers = [.. Enumerable.Range(0, Callers).Select(_ => new Caller(random.Next(40), random.Next(-40, 60), random.Next(20), random.Next(100), random.Next(3) > 0, random.Next(4) == 0))];
            await Task.WhenAll(callers.Select(caller => Task.Run(() => story.PlayAsync(caller), Stop)));

            IdempotentResult<int> last = await LastAsync(processor, story.Key);
            story.Overlapped.Should().BeFalse("seed {0}", seed);
            story.Successes.Should().BeLessThanOrEqualTo(1, "seed {0}", seed);
            (last.Outcome == IdempotencyOutcome.Executed).Should().Be(story.Successes == 0, "seed {0}", seed);
            story.Given.Should().AllBeEquivalentTo(last.Value, "seed {0}", seed);
            story.Told.Should().Be(Callers, "seed {0}: everyone gets an answer", seed);
            successes += story.Successes;
            cancelled += story.Cancelled;
            failed += story.Failed;
        }

        output.WriteLine($"{rounds} keys, {successes} succeeded; {cancelled} callers left, {failed} were told of a failure");
        successes.Should().BeInRange(1, rounds - 1, "both must come about");
        cancelled.Should().BeGreaterThan(0);
        failed.Should().BeGreaterThan(0);
    }

    // Also waits for the end of an operation that everyone has left, and gets its failure if it was to go on.
    private static async Task<IdempotentResult<int>> LastAsync(IIdempotencyProcessor processor, IdempotencyKey key)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await processor.ExecuteAsync(key, _ => new ValueTask<int>(-1), cancellationToken: Stop);
            }
            catch (InvalidDataException) when (attempt < 10)
            {
            }
        }
    }

    private sealed record Caller(int StartsAfter, int LeavesAfter, int Steps, int Fate, bool HeedsCancellation, bool LetsItFinish);

    private sealed class Story(IIdempotencyProcessor processor, IdempotencyKey key)
    {
        private readonly Lock _gate = new();
        private int _running;
        private int _cancelled;
        private int _failed;
        private int _successes;

        public IdempotencyKey Key => key;

        public bool Overlapped { get; private set; }

        public int Successes => _successes;

        public int Cancelled => _cancelled;

        public int Failed => _failed;

        public List<int> Given { get; } = [];

        public int Told => Given.Count + _cancelled + _failed;

        public async Task PlayAsync(Caller caller)
        {
            using CancellationTokenSource leaving = new();
            await YieldAsync(caller.StartsAfter);
            IdempotencyCall<int> how = new() { WhenAbandoned = caller.LetsItFinish ? AbandonPolicy.Finish : AbandonPolicy.Cancel };
            Task<IdempotentResult<int>> call = processor.ExecuteAsync<int>(key, context => OperateAsync(caller, context), how, leaving.Token).AsTask();
            if (caller.LeavesAfter >= 0)
            {
                await YieldAsync(caller.LeavesAfter);
                await leaving.CancelAsync();
            }

            try
            {
                int value = (await call).Value;
                lock (_gate)
                {
                    Given.Add(value);
                }
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref _cancelled);
            }
            catch (InvalidDataException)
            {
                Interlocked.Increment(ref _failed);
            }
        }

        private async ValueTask<int> OperateAsync(Caller caller, IdempotencyContext context)
        {
            Overlapped |= Interlocked.Increment(ref _running) != 1;
            try
            {
                await YieldAsync(caller.Steps);
                if (caller.HeedsCancellation)
                {
                    context.CancellationToken.ThrowIfCancellationRequested();
                }

                return caller.Fate < 97 ? throw new InvalidDataException("failed") : Interlocked.Increment(ref _successes);
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        }

        private static async Task YieldAsync(int times)
        {
            for (int index = 0; index < times; index++)
            {
                await Task.Yield();
            }
        }
    }
}
