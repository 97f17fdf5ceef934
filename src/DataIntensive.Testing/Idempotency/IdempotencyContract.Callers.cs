using static DataIntensive.Testing.IdempotencyScene;

namespace DataIntensive.Testing;

// Callers, cancellations, failures and policies.
public static partial class IdempotencyContract
{
    private static async Task RunsOnce(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        IdempotentResult<int> first = await scene.ExecuteAsync(Key, 1).ConfigureAwait(false);
        IdempotentResult<int> second = await scene.ReplayAsync(Key).ConfigureAwait(false);
        IdempotentResult<int> simple = await scene.Processor.ExecuteAsync(Key, _ => new ValueTask<int>(2), cancellationToken: scene.Stop).ConfigureAwait(false);

        Check(first == new IdempotentResult<int>(1, IdempotencyOutcome.Executed));
        Check(second == new IdempotentResult<int>(1, IdempotencyOutcome.Replayed));
        Check(simple == second);
    }

    private static async Task Joins(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        Run first = scene.Begin(Key);
        Task<IdempotentResult<int>>[] others = [.. Enumerable.Range(0, 99).Select(_ => scene.ReplayAsync(Key))];
        await first.Begun.ConfigureAwait(false);
        first.End(7);

        Check((await first.Result.ConfigureAwait(false)).Outcome == IdempotencyOutcome.Executed);
        IdempotentResult<int>[] results = await Task.WhenAll(others).ConfigureAwait(false);
        Check(results.All(result => result == new IdempotentResult<int>(7, IdempotencyOutcome.Joined)));
    }

    private static async Task Rejects(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        Run first = scene.Begin(Key);
        await first.Begun.ConfigureAwait(false);
        IdempotencyCall<int> reject = new() { Duplicates = DuplicatePolicy.Reject };
        for (int caller = 0; caller < 99; caller++)
        {
            IdempotencyInProgressException refusal = await scene.ThrowsAsync<IdempotencyInProgressException>(scene.ReplayAsync(Key, reject)).ConfigureAwait(false);
            Check(refusal.Key == Key);
        }

        first.End(7);
        await first.Result.ConfigureAwait(false);
        Check((await scene.ReplayAsync(Key, reject).ConfigureAwait(false)).Outcome == IdempotencyOutcome.Replayed);
    }

    private static async Task WaitsForALimitedTime(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        IdempotencyCall<int> wait = new() { Duplicates = DuplicatePolicy.Wait, WaitTimeout = TimeSpan.FromSeconds(5) };
        Run first = scene.Begin(Key, wait);
        await first.Begun.ConfigureAwait(false);
        Task<IdempotentResult<int>> tooLong = scene.ReplayAsync(Key, wait);
        scene.Clock.Advance(TimeSpan.FromSeconds(4));
        Task<IdempotentResult<int>> longEnough = scene.ReplayAsync(Key, wait);
        Check(!tooLong.IsCompleted);
        scene.Clock.Advance(TimeSpan.FromSeconds(1));
        await scene.ThrowsAsync<IdempotencyInProgressException>(tooLong).ConfigureAwait(false);

        // The one that runs waits for as long as it takes.
        scene.Clock.Advance(TimeSpan.FromSeconds(3));
        Check(!first.Result.IsCompleted);
        first.End(7);
        Check((await longEnough.ConfigureAwait(false)).Outcome == IdempotencyOutcome.Joined);
        Check((await first.Result.ConfigureAwait(false)).Value == 7);
    }

    private static async Task CancelsOneWaiter(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        using CancellationTokenSource leaving = new();
        Run first = scene.Begin(Key, leave: leaving.Token);
        IdempotencyContext context = await first.Begun.ConfigureAwait(false);
        Task<IdempotentResult<int>> second = scene.ReplayAsync(Key);
        await leaving.CancelAsync().ConfigureAwait(false);
        await scene.ThrowsAsync<OperationCanceledException>(first.Result).ConfigureAwait(false);

        Check(!context.CancellationToken.IsCancellationRequested);
        Check(!second.IsCompleted);
        first.End(7);
        Check((await second.ConfigureAwait(false)) == new IdempotentResult<int>(7, IdempotencyOutcome.Joined));
    }

    private static async Task CancelsWhenAbandoned(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        using CancellationTokenSource leaving = new();
        Run first = scene.Begin(Key, leave: leaving.Token);
        IdempotencyContext context = await first.Begun.ConfigureAwait(false);
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = context.CancellationToken.Register(stopped.SetResult);
        await leaving.CancelAsync().ConfigureAwait(false);
        await scene.ThrowsAsync<OperationCanceledException>(first.Result).ConfigureAwait(false);
        await stopped.Task.WaitAsync(scene.Stop).ConfigureAwait(false);
        first.Fail(new OperationCanceledException());

        Check((await scene.ExecuteAsync(Key, 8).ConfigureAwait(false)) == new IdempotentResult<int>(8, IdempotencyOutcome.Executed));
    }

    private static async Task FinishesWhenAbandoned(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        using CancellationTokenSource leaving = new();
        Run first = scene.Begin(Key, new IdempotencyCall<int> { WhenAbandoned = AbandonPolicy.Finish }, leaving.Token);
        IdempotencyContext context = await first.Begun.ConfigureAwait(false);
        await leaving.CancelAsync().ConfigureAwait(false);
        await scene.ThrowsAsync<OperationCanceledException>(first.Result).ConfigureAwait(false);
        Task<IdempotentResult<int>> later = scene.ReplayAsync(Key);

        Check(!context.CancellationToken.IsCancellationRequested);
        Check(!later.IsCompleted);
        first.End(7);
        Check((await later.ConfigureAwait(false)).Value == 7);
    }

    private static async Task FreesAfterFailure(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        InvalidDataException failure = new("for now");
        Run first = scene.Begin(Key);
        await first.Begun.ConfigureAwait(false);
        Task<IdempotentResult<int>> joined = scene.ReplayAsync(Key);
        first.Fail(failure);

        Check(ReferenceEquals(await scene.ThrowsAsync<InvalidDataException>(first.Result).ConfigureAwait(false), failure));
        Check(ReferenceEquals(await scene.ThrowsAsync<InvalidDataException>(joined).ConfigureAwait(false), failure));
        Task<IdempotentResult<int>> atOnce = scene.Processor.ExecuteAsync<int>(Key, _ => throw failure, cancellationToken: scene.Stop).AsTask();
        await scene.ThrowsAsync<InvalidDataException>(atOnce).ConfigureAwait(false);
        Check((await scene.ExecuteAsync(Key, 1).ConfigureAwait(false)).Outcome == IdempotencyOutcome.Executed);
    }

    private static async Task KeepsDefiniteFailures(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        DefiniteFailure declined = new("card-declined", "The card was declined.", """{"code":51}""");
        IdempotencyCall<int> call = new() { Classify = failure => failure is InvalidDataException ? declined : null };
        InvalidDataException original = new("51");
        Run first = scene.Begin(Key, call);
        await first.Begun.ConfigureAwait(false);
        first.Fail(original);
        Check(ReferenceEquals(await scene.ThrowsAsync<InvalidDataException>(first.Result).ConfigureAwait(false), original));
        IdempotentFailureException replayed = await scene.ThrowsAsync<IdempotentFailureException>(scene.ReplayAsync(Key)).ConfigureAwait(false);
        Check(replayed.Failure == declined);
        Check(replayed.Message == declined.Message);

        // Without a word about it, what says so itself is definite, and everything else is not.
        IdempotencyKey thrown = IdempotencyKey.Create("contract", "thrown");
        await scene.ThrowsAsync<IdempotentFailureException>(scene.Processor.ExecuteAsync<int>(thrown, _ => throw new IdempotentFailureException(declined), cancellationToken: scene.Stop).AsTask()).ConfigureAwait(false);
        replayed = await scene.ThrowsAsync<IdempotentFailureException>(scene.ReplayAsync(thrown)).ConfigureAwait(false);
        Check(replayed.Failure == declined);
        scene.Clock.Advance(Retention);
        Check((await scene.ExecuteAsync(thrown, 1).ConfigureAwait(false)).Outcome == IdempotencyOutcome.Executed);
    }

    private static async Task SeparatesTenants(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        IdempotencyKey[] keys =
        [
            IdempotencyKey.Create("pay", "tenant a", "1"),
            IdempotencyKey.Create("pay", "tenant b", "1"),
            IdempotencyKey.Create("refund", "tenant a", "1"),
            IdempotencyKey.Create("pay", "tenant a", 1),
        ];
        for (int index = 0; index < keys.Length; index++)
        {
            Check((await scene.ExecuteAsync(keys[index], index).ConfigureAwait(false)).Outcome == IdempotencyOutcome.Executed);
        }

        for (int index = 0; index < keys.Length; index++)
        {
            Check((await scene.ReplayAsync(keys[index]).ConfigureAwait(false)).Value == index);
        }
    }

    private static async Task RefusesOtherRequests(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        IdempotencyRequest mine = new(Key, One);
        IdempotencyRequest other = new(Key, IdempotencyScene.Other);
        Run first = scene.Begin(mine);
        await first.Begun.ConfigureAwait(false);
        IdempotencyMismatchException refusal = await scene.ThrowsAsync<IdempotencyMismatchException>(scene.ReplayAsync(other)).ConfigureAwait(false);
        Check(refusal.Known == One && refusal.Asked == IdempotencyScene.Other && refusal.Key == Key);
        first.End(7);
        await first.Result.ConfigureAwait(false);

        await scene.ThrowsAsync<IdempotencyMismatchException>(scene.ReplayAsync(other)).ConfigureAwait(false);
        Check((await scene.ReplayAsync(mine).ConfigureAwait(false)).Value == 7);
        Check((await scene.ReplayAsync(Key).ConfigureAwait(false)).Value == 7);
    }

    private static async Task ComparesJsonByMeaning(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        IdempotencyRequest first = new(Key, IdempotencyFingerprint.OfJson("""{"amount": 10.50, "to": "\u00e9"}"""));
        IdempotencyRequest second = new(Key, IdempotencyFingerprint.OfJson("""{ "to":"é","amount":1.05e1 }"""));
        IdempotencyRequest other = new(Key, IdempotencyFingerprint.OfJson("""{"amount":10.51,"to":"é"}"""));
        await scene.ExecuteAsync(first, 7).ConfigureAwait(false);

        Check((await scene.ReplayAsync(second).ConfigureAwait(false)).Value == 7);
        await scene.ThrowsAsync<IdempotencyMismatchException>(scene.ReplayAsync(other)).ConfigureAwait(false);
    }

    private static async Task RefusesReentry(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        Task<IdempotentResult<int>> outer = scene.Processor.ExecuteAsync(
            Key,
            async token =>
            {
                await Task.Yield();
                return (await scene.Processor.ExecuteAsync(Key, _ => new ValueTask<int>(1), cancellationToken: token).ConfigureAwait(false)).Value;
            },
            cancellationToken: scene.Stop).AsTask();
        await scene.ThrowsAsync<InvalidOperationException>(outer).ConfigureAwait(false);
        Check((await scene.ExecuteAsync(Key, 1).ConfigureAwait(false)).Outcome == IdempotencyOutcome.Executed);
    }

    private static async Task ReplaysEmptyResults(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        Check(await BothAsync<string?>("null", null, Codecs.String!).ConfigureAwait(false) is null);
        Check(await BothAsync("empty", "", Codecs.String).ConfigureAwait(false) == "");
        Check(await BothAsync("default", 0, Codecs.Int32).ConfigureAwait(false) == 0);
        Check(await BothAsync("no guid", Guid.Empty, Codecs.Guid).ConfigureAwait(false) == Guid.Empty);
        IdempotencyKey unit = IdempotencyKey.Create("contract", "unit");
        Check(await scene.Processor.ExecuteAsync(unit, _ => ValueTask.CompletedTask, scene.Stop).ConfigureAwait(false) == IdempotencyOutcome.Executed);
        Check(await scene.Processor.ExecuteAsync(unit, _ => throw new IdempotencyContractException("Ran again."), scene.Stop).ConfigureAwait(false) == IdempotencyOutcome.Replayed);

        async Task<T> BothAsync<T>(string name, T value, ICodec<T> codec)
        {
            IdempotencyKey key = IdempotencyKey.Create("contract", name);
            await scene.Processor.ExecuteAsync(key, _ => new ValueTask<T>(value), codec, scene.Stop).ConfigureAwait(false);
            IdempotentResult<T> replayed = await scene.Processor.ExecuteAsync<T>(key, _ => throw new IdempotencyContractException("Ran again."), codec, scene.Stop).ConfigureAwait(false);
            Check(replayed.Outcome == IdempotencyOutcome.Replayed);
            return replayed.Value;
        }
    }

    private static async Task RefusesOtherTypes(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        Run first = scene.Begin(Key, new IdempotencyCall<int> { Codec = Codecs.Int32 });
        await first.Begun.ConfigureAwait(false);
        await scene.ThrowsAsync<IdempotentResultUnavailableException>(AsTextAsync()).ConfigureAwait(false);
        first.End(7);
        await first.Result.ConfigureAwait(false);
        await scene.ThrowsAsync<IdempotentResultUnavailableException>(AsTextAsync()).ConfigureAwait(false);
        Check((await scene.ReplayAsync(Key).ConfigureAwait(false)).Value == 7);

        Task<IdempotentResult<string>> AsTextAsync() =>
            scene.Processor.ExecuteAsync<string>(Key, _ => throw new IdempotencyContractException("Ran."), Codecs.String, scene.Stop).AsTask();
    }
}
