using static DataIntensive.Testing.IdempotencyScene;

namespace DataIntensive.Testing;

// Steps, compensations, and what is known after a crash.
public static partial class IdempotencyContract
{
    private static readonly IdempotencyCall<int> Rerun = new() { WhenUnknown = UnknownOutcomePolicy.Rerun };

    private static async Task ResumesAtSteps(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        Order order = new() { FailsAt = "ship" };
        await scene.ThrowsAsync<InvalidDataException>(scene.Processor.ExecuteAsync(new IdempotencyRequest(Key, One), order.PlaceAsync, cancellationToken: scene.Stop).AsTask()).ConfigureAwait(false);

        // What was done belongs to that request.
        await scene.ThrowsAsync<IdempotencyMismatchException>(scene.ReplayAsync(new IdempotencyRequest(Key, IdempotencyScene.Other))).ConfigureAwait(false);
        order.FailsAt = "";
        IdempotentResult<int> result = await scene.Processor.ExecuteAsync(new IdempotencyRequest(Key, One), order.PlaceAsync, cancellationToken: scene.Stop).ConfigureAwait(false);
        Check(result == new IdempotentResult<int>(12, IdempotencyOutcome.Executed));
        Check(order.Told == "charge ship ship");
        Check(order.ChildKeys.Distinct().Count() == 1);
        Check(order.Tokens[1] > order.Tokens[0]);
        Check(order.Resumed == "False True");
    }

    private static async Task CompensatesInReverse(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        Order order = new() { EndsWith = new DefiniteFailure("sold-out", "Nothing is left.") };
        await scene.ThrowsAsync<IdempotentFailureException>(scene.Processor.ExecuteAsync(Key, order.PlaceAsync, cancellationToken: scene.Stop).AsTask()).ConfigureAwait(false);
        IdempotentFailureException replayed = await scene.ThrowsAsync<IdempotentFailureException>(scene.Processor.ExecuteAsync(Key, order.PlaceAsync, cancellationToken: scene.Stop).AsTask()).ConfigureAwait(false);
        Check(replayed.Failure == order.EndsWith);
        Check(order.Told == "charge ship unship 2 refund 10");
    }

    private static async Task GoesOnUndoing(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        Order order = new() { EndsWith = new DefiniteFailure("sold-out", "Nothing is left."), RefundFails = true };
        await scene.ThrowsAsync<InvalidDataException>(scene.Processor.ExecuteAsync(Key, order.PlaceAsync, cancellationToken: scene.Stop).AsTask()).ConfigureAwait(false);
        Check(order.Told == "charge ship unship 2 refund 10");

        // Whatever the operation would do now: it has failed, and only goes back.
        DefiniteFailure soldOut = order.EndsWith!;
        order.EndsWith = null;
        order.RefundFails = false;
        IdempotentFailureException failed = await scene.ThrowsAsync<IdempotentFailureException>(scene.Processor.ExecuteAsync(Key, order.PlaceAsync, cancellationToken: scene.Stop).AsTask()).ConfigureAwait(false);
        Check(failed.Failure == soldOut);
        Check(order.Told == "charge ship unship 2 refund 10 refund 10");
        await scene.ThrowsAsync<IdempotentFailureException>(scene.ReplayAsync(Key)).ConfigureAwait(false);
    }

    private static async Task ReplaysAfterCrash(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        IdempotencyKey failed = IdempotencyKey.Create("contract", "failed");
        await scene.ExecuteAsync(new IdempotencyRequest(Key, One), 7).ConfigureAwait(false);
        await scene.ThrowsAsync<IdempotentFailureException>(scene.Processor.ExecuteAsync<int>(failed, _ => throw new IdempotentFailureException(new DefiniteFailure("no", "No.", "data")), cancellationToken: scene.Stop).AsTask()).ConfigureAwait(false);
        await scene.CrashAsync().ConfigureAwait(false);

        Check((await scene.ReplayAsync(new IdempotencyRequest(Key, One)).ConfigureAwait(false)) == new IdempotentResult<int>(7, IdempotencyOutcome.Replayed));
        await scene.ThrowsAsync<IdempotencyMismatchException>(scene.ReplayAsync(new IdempotencyRequest(Key, IdempotencyScene.Other))).ConfigureAwait(false);
        IdempotentFailureException replayed = await scene.ThrowsAsync<IdempotentFailureException>(scene.ReplayAsync(failed)).ConfigureAwait(false);
        Check(replayed.Failure == new DefiniteFailure("no", "No.", "data"));
    }

    private static async Task TellsUnknownOutcomes(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        long token = await CrashAmidAsync(scene).ConfigureAwait(false);
        for (int call = 0; call < 2; call++)
        {
            IdempotencyOutcomeUnknownException told = await scene.ThrowsAsync<IdempotencyOutcomeUnknownException>(scene.ReplayAsync(Key)).ConfigureAwait(false);
            Check(told.Key == Key && told.Outcome is { } outcome && outcome.FencingToken == token && outcome.Steps.Count == 0);
        }

        await scene.ThrowsAsync<IdempotencyMismatchException>(scene.ReplayAsync(new IdempotencyRequest(Key, IdempotencyScene.Other))).ConfigureAwait(false);

        // It is as old as its claim, and like any key it is free when it is too old.
        scene.Clock.Advance(Retention);
        Check((await scene.ExecuteAsync(Key, 1).ConfigureAwait(false)).Outcome == IdempotencyOutcome.Executed);
    }

    private static async Task RerunsUnknownOutcomes(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        long token = await CrashAmidAsync(scene).ConfigureAwait(false);
        Run again = scene.Begin(Key, Rerun);
        IdempotencyContext context = await again.Begun.WaitAsync(scene.Stop).ConfigureAwait(false);
        Check(context.FencingToken > token);
        again.End(8);
        Check((await again.Result.ConfigureAwait(false)) == new IdempotentResult<int>(8, IdempotencyOutcome.Executed));
        Check((await scene.ReplayAsync(Key).ConfigureAwait(false)).Value == 8);
    }

    private static async Task AsksAboutUnknownOutcomes(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        long token = await CrashAmidAsync(scene).ConfigureAwait(false);
        RecoveryAnswer<int> answer = RecoveryAnswer.Unknown<int>();
        int asked = 0;
        IdempotencyCall<int> ask = new()
        {
            WhenUnknown = UnknownOutcomePolicy.Ask,
            Recover = (unknown, _) =>
            {
                Check(unknown.Key == Key && unknown.FencingToken == token);
                asked++;
                return new ValueTask<RecoveryAnswer<int>>(answer);
            },
        };
        await scene.ThrowsAsync<IdempotencyOutcomeUnknownException>(scene.ReplayAsync(Key, ask)).ConfigureAwait(false);

        // Who is asked and asks for the same key would wait for itself.
        IdempotencyCall<int> circular = new()
        {
            WhenUnknown = UnknownOutcomePolicy.Ask,
            Recover = async (_, _) => RecoveryAnswer.Succeeded((await scene.ReplayAsync(Key).ConfigureAwait(false)).Value),
        };
        await scene.ThrowsAsync<InvalidOperationException>(scene.ReplayAsync(Key, circular).WaitAsync(TimeSpan.FromSeconds(30), scene.Stop)).ConfigureAwait(false);
        answer = RecoveryAnswer.Succeeded(7);
        Check((await scene.ReplayAsync(Key, ask).ConfigureAwait(false)) == new IdempotentResult<int>(7, IdempotencyOutcome.Replayed));
        Check((await scene.ReplayAsync(Key, ask).ConfigureAwait(false)).Value == 7);
        Check(asked == 2);

        await scene.OpenAsync().ConfigureAwait(false);
        token = await CrashAmidAsync(scene).ConfigureAwait(false);
        answer = RecoveryAnswer.Rerun<int>();
        Check((await scene.ExecuteAsync(Key, 9, ask).ConfigureAwait(false)) == new IdempotentResult<int>(9, IdempotencyOutcome.Executed));
    }

    private static async Task ResumesAfterCrash(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        Order order = new() { HangsAt = "ship" };
        Task<IdempotentResult<int>> dying = scene.Processor.ExecuteAsync(Key, order.PlaceAsync, cancellationToken: scene.Stop).AsTask();
        await order.Hanging.WaitAsync(scene.Stop).ConfigureAwait(false);
        await scene.CrashAsync().ConfigureAwait(false);

        IdempotencyOutcomeUnknownException told = await scene.ThrowsAsync<IdempotencyOutcomeUnknownException>(scene.ReplayAsync(Key)).ConfigureAwait(false);
        Check(told.Outcome!.Steps.SequenceEqual(["charge"]));
        order.HangsAt = "";
        IdempotentResult<int> result = await scene.Processor.ExecuteAsync(Key, order.PlaceAsync, Rerun, scene.Stop).ConfigureAwait(false);
        Check(result.Value == 12 && result.Outcome == IdempotencyOutcome.Executed);
        Check(order.Told == "charge ship ship");
        Check(order.ChildKeys.Distinct().Count() == 1);
        Check(!dying.IsCompletedSuccessfully);
    }

    private static async Task GoesOnUndoingAfterCrash(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        Order order = new() { EndsWith = new DefiniteFailure("sold-out", "Nothing is left."), HangsAt = "refund" };
        Task<IdempotentResult<int>> dying = scene.Processor.ExecuteAsync(Key, order.PlaceAsync, cancellationToken: scene.Stop).AsTask();
        await order.Hanging.WaitAsync(scene.Stop).ConfigureAwait(false);
        await scene.CrashAsync().ConfigureAwait(false);
        DefiniteFailure soldOut = order.EndsWith;
        order.EndsWith = null;
        order.HangsAt = "";

        IdempotentFailureException failed = await scene.ThrowsAsync<IdempotentFailureException>(scene.Processor.ExecuteAsync(Key, order.PlaceAsync, Rerun, scene.Stop).AsTask()).ConfigureAwait(false);
        Check(failed.Failure == soldOut);
        Check(order.Told == "charge ship unship 2 refund 10 refund 10");
        await scene.ThrowsAsync<IdempotentFailureException>(scene.ReplayAsync(Key)).ConfigureAwait(false);
        Check(!dying.IsCompletedSuccessfully);
    }

    private static async Task KnowsFailuresAfterCrash(IdempotencyScene scene)
    {
        await scene.OpenAsync().ConfigureAwait(false);
        await scene.ThrowsAsync<InvalidDataException>(scene.Processor.ExecuteAsync<int>(Key, _ => throw new InvalidDataException("for now"), cancellationToken: scene.Stop).AsTask()).ConfigureAwait(false);

        // Behind this one the release is durable too.
        await scene.ExecuteAsync(IdempotencyKey.Create("contract", "another"), 1).ConfigureAwait(false);
        await scene.CrashAsync().ConfigureAwait(false);
        Check((await scene.ExecuteAsync(Key, 1).ConfigureAwait(false)).Outcome == IdempotencyOutcome.Executed);
    }

    private static async Task<long> CrashAmidAsync(IdempotencyScene scene)
    {
        Run dying = scene.Begin(new IdempotencyRequest(Key, One));
        IdempotencyContext context = await dying.Begun.WaitAsync(scene.Stop).ConfigureAwait(false);
        long token = context.FencingToken;
        await scene.CrashAsync().ConfigureAwait(false);
        return token;
    }

    // Charges 10, ships 2, and can undo both.
    private sealed class Order
    {
        private readonly TaskCompletionSource _hanging = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _never = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<string> _told = [];
        private readonly List<bool> _resumed = [];

        public string FailsAt { get; set; } = "";

        public string HangsAt { get; set; } = "";

        public bool RefundFails { get; set; }

        public DefiniteFailure? EndsWith { get; set; }

        public Task Hanging => _hanging.Task;

        public string Told => string.Join(' ', _told);

        public string Resumed => string.Join(' ', _resumed);

        public List<IdempotencyKey> ChildKeys { get; } = [];

        public List<long> Tokens { get; } = [];

        public async ValueTask<int> PlaceAsync(IdempotencyContext context)
        {
            Tokens.Add(context.FencingToken);
            _resumed.Add(context.IsResumed);
            int charged = await context.StepAsync(
                "charge",
                async _ =>
                {
                    await TellAsync("charge").ConfigureAwait(false);
                    return 10;
                },
                async (amount, _) =>
                {
                    await TellAsync("refund", amount).ConfigureAwait(false);
                    if (RefundFails)
                    {
                        throw new InvalidDataException("The bank is closed.");
                    }
                }).ConfigureAwait(false);
            int shipped = await context.StepAsync(
                "ship",
                async _ =>
                {
                    ChildKeys.Add(context.ChildKey("ship"));
                    await TellAsync("ship").ConfigureAwait(false);
                    return 2;
                },
                (count, _) => TellAsync("unship", count)).ConfigureAwait(false);
            return EndsWith is null ? charged + shipped : throw new IdempotentFailureException(EndsWith);
        }

        private async ValueTask TellAsync(string what, int? amount = null)
        {
            _told.Add(amount is null ? what : $"{what} {amount}");
            if (what == FailsAt)
            {
                throw new InvalidDataException("for now");
            }

            if (what == HangsAt)
            {
                _hanging.TrySetResult();
                await _never.Task.ConfigureAwait(false);
            }
        }
    }
}
