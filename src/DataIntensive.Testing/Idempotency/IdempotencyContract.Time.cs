using static DataIntensive.Testing.IdempotencyScene;

namespace DataIntensive.Testing;

// Leases, retention, clocks and bounds.
public static partial class IdempotencyContract
{
    private static readonly IdempotencyOptions ByOperation = new() { Lease = Lease, Retention = Retention, LeaseRenewal = LeaseRenewal.ByOperation };

    private static async Task TakesOverLapsedLeases(IdempotencyScene scene)
    {
        await scene.OpenAsync(ByOperation).ConfigureAwait(false);
        Run slow = scene.Begin(Key);
        IdempotencyContext former = await slow.Begun.ConfigureAwait(false);
        Task<IdempotentResult<int>> joined = scene.ReplayAsync(Key);
        scene.Clock.Advance(Lease);
        Run next = scene.Begin(Key);
        IdempotencyContext owner = await next.Begun.WaitAsync(scene.Stop).ConfigureAwait(false);

        Check(owner.FencingToken > former.FencingToken);
        Check(former.CancellationToken.IsCancellationRequested);
        await scene.ThrowsAsync<IdempotencyLeaseLostException>(Task.Run(former.RenewLease, scene.Stop)).ConfigureAwait(false);
        await scene.ThrowsAsync<IdempotencyLeaseLostException>(former.StepAsync("late", _ => new ValueTask<int>(1)).AsTask()).ConfigureAwait(false);
        slow.End(1);
        IdempotencyLeaseLostException lost = await scene.ThrowsAsync<IdempotencyLeaseLostException>(slow.Result).ConfigureAwait(false);
        Check(lost.FencingToken == former.FencingToken);
        Check(!next.Result.IsCompleted);
        next.End(2);

        Check((await next.Result.ConfigureAwait(false)) == new IdempotentResult<int>(2, IdempotencyOutcome.Executed));
        Check((await joined.ConfigureAwait(false)).Value == 2);
        Check((await scene.ReplayAsync(Key).ConfigureAwait(false)).Value == 2);
    }

    private static async Task RenewsLeases(IdempotencyScene scene)
    {
        await scene.OpenAsync(ByOperation).ConfigureAwait(false);
        Run run = scene.Begin(Key);
        IdempotencyContext context = await run.Begun.ConfigureAwait(false);
        for (int lease = 0; lease < 10; lease++)
        {
            scene.Clock.Advance(Lease / 2);
            context.RenewLease();
            Task<IdempotentResult<int>> other = scene.ReplayAsync(Key);
            Check(!other.IsCompleted);
        }

        run.End(7);
        Check((await run.Result.ConfigureAwait(false)).Value == 7);

        // Of an operation that renews nothing the processor takes care by itself, unless told otherwise.
        await scene.OpenAsync().ConfigureAwait(false);
        Run silent = scene.Begin(Key);
        await silent.Begun.ConfigureAwait(false);
        scene.Clock.Advance(5 * Lease);
        Task<IdempotentResult<int>> joined = scene.ReplayAsync(Key);
        silent.End(8);
        Check((await joined.ConfigureAwait(false)) == new IdempotentResult<int>(8, IdempotencyOutcome.Joined));
    }

    private static async Task KeepsRunningKeys(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        Run run = scene.Begin(Key);
        await run.Begun.ConfigureAwait(false);
        scene.Clock.Advance(3 * Retention);
        await scene.ExecuteAsync(IdempotencyKey.Create("contract", "another"), 1).ConfigureAwait(false);
        Task<IdempotentResult<int>> joined = scene.ReplayAsync(Key);
        run.End(7);

        Check((await joined.ConfigureAwait(false)) == new IdempotentResult<int>(7, IdempotencyOutcome.Joined));
        Check((await scene.ReplayAsync(Key).ConfigureAwait(false)).Value == 7);
    }

    private static async Task SurvivesClockJumps(IdempotencyScene scene)
    {
        await scene.OpenAsync(ByOperation).ConfigureAwait(false);
        IdempotencyKey done = IdempotencyKey.Create("contract", "done");
        await scene.ExecuteAsync(done, 1).ConfigureAwait(false);
        Run run = scene.Begin(Key);
        await run.Begun.ConfigureAwait(false);

        // Back: the lease is as old as it is, and so is the key.
        scene.Clock.SetWall(-Retention);
        Check((await scene.ReplayAsync(done).ConfigureAwait(false)).Value == 1);
        scene.Clock.Advance(Lease - TimeSpan.FromTicks(1));
        Task<IdempotentResult<int>> joined = scene.ReplayAsync(Key);
        Check(!joined.IsCompleted);

        // Forward by a day: a live lease stays, a key that was found too old stays so when the clock comes back.
        scene.Clock.SetWall(TimeSpan.FromDays(1));
        Task<IdempotentResult<int>> another = scene.ReplayAsync(Key);
        Check(!another.IsCompleted);
        Check((await scene.ExecuteAsync(done, 2).ConfigureAwait(false)).Outcome == IdempotencyOutcome.Executed);
        scene.Clock.SetWall(-TimeSpan.FromDays(1));
        Check((await scene.ReplayAsync(done).ConfigureAwait(false)).Value == 2);
        run.End(7);
        Check((await joined.ConfigureAwait(false)).Value == 7);
        Check((await another.ConfigureAwait(false)).Value == 7);
    }

    private static async Task ForgetsTheOldest(IdempotencyScene scene)
    {
        await scene.OpenAsync(new IdempotencyOptions { MaxKeys = 10 }).ConfigureAwait(false);
        Run running = scene.Begin(Key);
        await running.Begun.ConfigureAwait(false);
        for (int index = 0; index <= 10; index++)
        {
            await scene.ExecuteAsync(IdempotencyKey.Create("contract", index), index).ConfigureAwait(false);
        }

        Check((await scene.ReplayAsync(IdempotencyKey.Create("contract", 1)).ConfigureAwait(false)).Value == 1);
        Check((await scene.ExecuteAsync(IdempotencyKey.Create("contract", 0), 5).ConfigureAwait(false)).Outcome == IdempotencyOutcome.Executed);
        Task<IdempotentResult<int>> joined = scene.ReplayAsync(Key);
        running.End(7);
        Check((await joined.ConfigureAwait(false)).Outcome == IdempotencyOutcome.Joined);
    }

    // From one seed: the same callers every time, in whatever order the machine runs them.
    private static async Task SurvivesRandomCallers(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        ulong random = 20261123;
        for (int round = 0; round < 20; round++)
        {
            IdempotencyKey key = IdempotencyKey.Create("contract", "random", round);
            int successes = 0;
            Task<int?>[] callers = [.. Enumerable.Range(0, 100).Select(_ => CallAsync(key, Next(ref random)))];
            int?[] given = await Task.WhenAll(callers).ConfigureAwait(false);
            IdempotentResult<int> last = await scene.ExecuteAsync(key, -1).ConfigureAwait(false);
            Check(successes <= 1);
            Check(last.Outcome == (successes == 1 ? IdempotencyOutcome.Replayed : IdempotencyOutcome.Executed));
            Check(given.All(value => value is null || value == last.Value));

            async Task<int?> CallAsync(IdempotencyKey key, ulong fate)
            {
                using CancellationTokenSource leaving = new();
                await YieldAsync((int)(fate & 7)).ConfigureAwait(false);
                Task<IdempotentResult<int>> call = scene.Processor.ExecuteAsync(
                    key,
                    async token =>
                    {
                        await YieldAsync((int)((fate >> 3) & 7)).ConfigureAwait(false);
                        token.ThrowIfCancellationRequested();
                        return (fate >> 6) % 4 != 0 ? throw new InvalidDataException("for now") : Interlocked.Increment(ref successes);
                    },
                    cancellationToken: leaving.Token).AsTask();
                if ((fate & 0x100) != 0)
                {
                    await YieldAsync((int)((fate >> 9) & 7)).ConfigureAwait(false);
                    await leaving.CancelAsync().ConfigureAwait(false);
                }

                try
                {
                    return (await call.ConfigureAwait(false)).Value;
                }
                catch (Exception expected) when (expected is InvalidDataException or OperationCanceledException)
                {
                    return null;
                }
            }
        }
    }

    private static async Task YieldAsync(int times)
    {
        for (int index = 0; index < times; index++)
        {
            await Task.Yield();
        }
    }

    // SplitMix64, by Guy Steele and others.
    private static ulong Next(ref ulong state)
    {
        ulong value = state += 0x9E37_79B9_7F4A_7C15;
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }
}
