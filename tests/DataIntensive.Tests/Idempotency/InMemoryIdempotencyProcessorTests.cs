using DataIntensive.Idempotency;

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

    protected override ValueTask<IIdempotencyProcessor> OpenAsync() => new(IdempotencyProcessor.InMemory(Options, Time));
}
