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

    protected override ValueTask<IIdempotencyProcessor> OpenAsync() => new(IdempotencyProcessor.InMemory(Options, Time));
}
