using DataIntensive.Consumers;

namespace DataIntensive.Tests.Consumers;

/// <summary>What is kept beside checkpoints, in whatever store.</summary>
public abstract class ConsumerMarksContract
{
    private static readonly LogPosition Five = new(5);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private protected abstract ICheckpointStore Checkpoints { get; }

    private protected abstract IConsumerMarks Marks { get; }

    [Fact]
    public async Task Park_OfWhatIsFinished_IsRefused()
    {
        await Marks.SaveAsync("a", new LogPosition(3), passed: [], finished: [Five], Stop);

        (await Marks.ParkAsync(Letter(), checkpoint: default, Stop)).Should().BeFalse();
        (await Marks.LoadAsync("a", forgets: true, Stop)).Should().Equal(new ConsumerMark(Five, null));
        (await Marks.RemoveAsync("a", Five, Stop)).Should().BeFalse("it is no dead letter");
    }

    [Fact]
    public async Task Remove_OfADeadLetter_LeavesItFinishedWhileTheCheckpointIsBefore()
    {
        (await Marks.ParkAsync(Letter(), new LogPosition(3), Stop)).Should().BeTrue();
        (await Marks.ParkAsync(Letter() with { Attempts = 9 }, checkpoint: default, Stop)).Should().BeTrue("it is parked already, and stays as it is");
        (await Marks.LoadAsync("a", forgets: true, Stop)).Should().Equal(new ConsumerMark(Five, Letter()));
        (await Checkpoints.ReadAsync("a", Stop)).Should().Be(new LogPosition(3));

        (await Marks.RemoveAsync("a", Five, Stop)).Should().BeTrue();
        (await Marks.LoadAsync("a", forgets: true, Stop)).Should().Equal(new ConsumerMark(Five, null));
        await Marks.SaveAsync("a", Five, passed: [Five], finished: [], Stop);
        (await Marks.LoadAsync("a", forgets: false, Stop)).Should().BeEmpty();
    }

    [Fact]
    public async Task Save_LeavesDeadLettersThatItPasses_AndAResetForgetsWhatIsFinishedOnly()
    {
        await Marks.ParkAsync(Letter(), checkpoint: default, Stop);
        await Marks.SaveAsync("a", new LogPosition(6), passed: [Five], finished: [new LogPosition(8)], Stop);
        await Marks.SaveAsync("b", new LogPosition(1), passed: [], finished: [new LogPosition(2)], Stop);
        await Checkpoints.ResetAsync("a", default, Stop);

        (await Marks.LoadAsync("a", forgets: true, Stop)).Should().Equal(new ConsumerMark(Five, Letter()));
        (await Marks.LoadAsync("b", forgets: true, Stop)).Should().ContainSingle();
        (await Marks.RemoveAsync("a", Five, Stop)).Should().BeTrue();
    }

    private static DeadLetter Letter() => new("a", Five, "key", "source", "name", 2, "type", "message", new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
}

public sealed class InMemoryConsumerMarksTests : ConsumerMarksContract
{
    private readonly InMemoryCheckpointStore _checkpoints = new();

    private protected override ICheckpointStore Checkpoints => _checkpoints;

    private protected override IConsumerMarks Marks => _checkpoints.Marks;
}

public sealed class DatabaseConsumerMarksTests : ConsumerMarksContract, IAsyncDisposable
{
    private readonly Database _database = Database.InMemory(new DatabaseSchema().AddCheckpoints());

    private protected override ICheckpointStore Checkpoints => _database.Checkpoints();

    private protected override IConsumerMarks Marks => _database.Checkpoints().Marks;

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
