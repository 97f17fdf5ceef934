using System.Diagnostics.Metrics;
using DataIntensive.Idempotency;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace DataIntensive.Tests.Idempotency;

public sealed class InMemoryIdempotencyProcessorTests : IdempotencyProcessorContract
{
    protected override int RunningCount => ((InMemoryIdempotencyProcessor)Processor).RunningCount;

    protected override int CompletedCount => ((InMemoryIdempotencyProcessor)Processor).CompletedCount;

    [Fact]
    public async Task Execute_AnyTypeOfResult_NeedsNoCodec()
    {
        object result = new();

        await Processor.ExecuteAsync(Key, _ => new ValueTask<object>(result), cancellationToken: Stop);

        (await Processor.ExecuteAsync(Key, _ => new ValueTask<object>(new object()), cancellationToken: Stop)).Value.Should().BeSameAs(result);
    }

    [Fact]
    public async Task Execute_AskingNobody_IsRefusedForACompletedKeyAsWell()
    {
        await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(1), cancellationToken: Stop);
        IdempotencyCall<int> call = new() { WhenUnknown = UnknownOutcomePolicy.Ask };

        await Processor.Awaiting(keys => keys.ExecuteAsync(Key, _ => new ValueTask<int>(2), call, Stop).AsTask()).Should().ThrowAsync<ArgumentException>().WithMessage("*nobody to ask*");
    }

    [Fact]
    public async Task Step_ThatIsOvertakenWhileItIsRecorded_IsNotAcceptedFromItsFormerOwner()
    {
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory factory = services.GetRequiredService<IMeterFactory>();
        FakeTimeProvider time = new();
        IdempotencyOptions options = new() { LeaseRenewal = LeaseRenewal.ByOperation, Lease = TimeSpan.FromSeconds(5) };
        InMemoryIdempotencyProcessor keys = IdempotencyProcessor.InMemory(options, time, factory);
        List<string> told = [];
        Task<IdempotentResult<int>>? second = null;
        bool overtaken = false;
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, all) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, factory))
            {
                all.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            // The first one's step was recorded this very moment, and is not yet answered.
            if (tags[0].Value is "step" && Interlocked.Exchange(ref overtaken, true) is false)
            {
                time.Advance(options.Lease);
                using (ExecutionContext.SuppressFlow())
                {
                    second = Task.Run(() => keys.ExecuteAsync(Key, context => RunAsync(context, "second"), cancellationToken: Stop).AsTask(), Stop);
                }

                SpinWait.SpinUntil(() => second.IsCompleted, TimeSpan.FromSeconds(30));
            }
        });
        listener.Start();

        Func<Task> first = () => keys.ExecuteAsync(Key, context => RunAsync(context, "first"), cancellationToken: Stop).AsTask();

        await first.Should().ThrowAsync<IdempotencyLeaseLostException>();
        (await second!).Outcome.Should().Be(IdempotencyOutcome.Executed);
        told.Should().Equal("first", "second", "second goes on");

        async ValueTask<int> RunAsync(IdempotencyContext context, string who)
        {
            await context.StepAsync("one", _ =>
            {
                told.Add(who);
                return ValueTask.CompletedTask;
            });
            told.Add(who + " goes on");
            return 1;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Execute_AnOperationThatSetsAContextOfItsOwn_LeavesItsCallersAsItWas(bool fails)
    {
        AsyncLocal<string> context = new() { Value = "caller's" };

        Task call = Processor.ExecuteAsync(
            Key,
            _ =>
            {
                context.Value = "operation's";
                return fails ? throw new InvalidDataException() : new ValueTask<int>(1);
            },
            cancellationToken: Stop).AsTask();

        context.Value.Should().Be("caller's");
        (await call.ContinueWith(task => task.IsFaulted, Stop, TaskContinuationOptions.None, TaskScheduler.Default)).Should().Be(fails);
    }

    [Fact]
    public async Task Execute_WhereNoContextFlows_RunsAndReplaysAndFindsItselfAgain()
    {
        Task<IdempotentResult<int>> first;
        Task<IdempotentResult<int>> inside = null!;
        using (ExecutionContext.SuppressFlow())
        {
            first = Processor.ExecuteAsync(
                Key,
                _ =>
                {
                    inside = Processor.ExecuteAsync(Key, _ => new ValueTask<int>(2), cancellationToken: Stop).AsTask();
                    return new ValueTask<int>(1);
                },
                cancellationToken: Stop).AsTask();
        }

        (await first).Should().Be(new IdempotentResult<int>(1, IdempotencyOutcome.Executed));
        await inside.Awaiting(task => task).Should().ThrowAsync<InvalidOperationException>();
        (await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(2), cancellationToken: Stop)).Should().Be(new IdempotentResult<int>(1, IdempotencyOutcome.Replayed));
    }

    [Fact]
    public async Task Execute_ThatComesBackByAnotherProcessor_IsRefused()
    {
        InMemoryIdempotencyProcessor other = IdempotencyProcessor.InMemory(Options, Time);

        Func<Task> call = async () => await Processor.ExecuteAsync(
            Key,
            async _ => (await other.ExecuteAsync(
                Key,
                async _ => (await Processor.ExecuteAsync(Key, _ => new ValueTask<int>(1), cancellationToken: Stop)).Value,
                cancellationToken: Stop)).Value,
            cancellationToken: Stop);

        await call.Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task Token_OfAnOperationThatNobodyCanStop_IsNone()
    {
        CancellationToken seen = new(canceled: true);
        await Processor.ExecuteAsync(Key, token => new ValueTask<bool>((seen = token).CanBeCanceled));
        seen.CanBeCanceled.Should().BeFalse();

        IdempotencyOptions options = new() { LeaseRenewal = LeaseRenewal.ByOperation };
        await IdempotencyProcessor.InMemory(options, Time).ExecuteAsync(Key, token => new ValueTask<bool>((seen = token).CanBeCanceled));
        seen.CanBeCanceled.Should().BeTrue("its lease may be lost");
    }

    [Fact]
    public async Task Execute_ThatEndsWhileItsLeaseIsTaken_IsKeptOrLostAndNeverBoth()
    {
        IdempotencyOptions options = new() { LeaseRenewal = LeaseRenewal.ByOperation, Lease = TimeSpan.FromSeconds(5), Retention = TimeSpan.MaxValue };
        InMemoryIdempotencyProcessor keys = IdempotencyProcessor.InMemory(options, Time);
        using Barrier barrier = new(2);
        Task<int> taker = Task.Factory.StartNew(
            () =>
            {
                int took = 0;
                for (int round = 0; round < 2000; round++)
                {
                    IdempotencyKey key = IdempotencyKey.Create("race", round);
                    barrier.SignalAndWait(Stop);
                    ValueTask<IdempotentResult<int>> call = keys.ExecuteAsync(key, _ => new ValueTask<int>(2), cancellationToken: Stop);
                    took += call.AsTask().GetAwaiter().GetResult() is { Value: 2, Outcome: IdempotencyOutcome.Executed } ? 1 : 0;
                    barrier.SignalAndWait(Stop);
                }

                return took;
            },
            Stop,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        int kept = 0;
        for (int round = 0; round < 2000; round++)
        {
            IdempotencyKey key = IdempotencyKey.Create("race", round);
            TaskCompletionSource<int> gate = new();
            Task<IdempotentResult<int>> slow = keys.ExecuteAsync(key, _ => new ValueTask<int>(gate.Task), cancellationToken: Stop).AsTask();
            Time.Advance(options.Lease);
            barrier.SignalAndWait(Stop);
            gate.SetResult(1);
            bool isLost = await slow.ContinueWith(task => task.Exception?.InnerException is IdempotencyLeaseLostException, Stop, TaskContinuationOptions.None, TaskScheduler.Default);
            barrier.SignalAndWait(Stop);
            kept += isLost ? 0 : 1;
            (await keys.ExecuteAsync(key, _ => new ValueTask<int>(3), cancellationToken: Stop)).Should().Be(new IdempotentResult<int>(isLost ? 2 : 1, IdempotencyOutcome.Replayed));
        }

        (kept + await taker).Should().Be(2000);
        keys.RunningCount.Should().Be(0);
    }

    protected override ValueTask<IIdempotencyProcessor> OpenAsync() => new(IdempotencyProcessor.InMemory(Options, Time));
}
