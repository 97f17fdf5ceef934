using DataIntensive.Logs;
using DataIntensive.Storage;
using DataIntensive.Tests.Storage;

namespace DataIntensive.Tests.Logs;

public sealed class CommitLogFailureTests
{
    private static readonly CommitLogOptions NoMarks = new() { IdleMarkDelay = Timeout.InfiniteTimeSpan };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Append_WhenTheDiskFails_IsUnknownAndLaterOnesAreRefused(bool onFlush)
    {
        MemoryStorage memory = new();
        FailingStorage storage = new(memory);
        await using CommitLog log = await CommitLog.OpenAsync(storage, NoMarks, Stop);
        await log.AppendAsync(CommitLogContract.Batch("good"), cancellationToken: Stop);
        using LogReader reader = log.OpenReader(new LogPosition(1));
        ValueTask<bool> waiting = reader.WaitToReadAsync(Stop);
        storage.CountFromHere();
        storage.FailFlush = onFlush ? 1 : 0;
        storage.FailWrite = onFlush ? 0 : 1;

        LogPoisonedException unknown = (await log.Awaiting(l => l.AppendAsync(CommitLogContract.Batch("lost"), cancellationToken: Stop).AsTask())
            .Should().ThrowAsync<LogPoisonedException>()).Which;
        LogPoisonedException refused = (await log.Awaiting(l => l.AppendAsync(CommitLogContract.Batch("later"), cancellationToken: Stop).AsTask())
            .Should().ThrowAsync<LogPoisonedException>()).Which;

        storage.Failures.Should().Be(1);
        unknown.OutcomeUnknown.Should().BeTrue();
        refused.OutcomeUnknown.Should().BeFalse();
        refused.InnerException.Should().BeSameAs(unknown.InnerException);
        log.Range.Visible.Should().Be(new LogPosition(1));
        await waiting.Awaiting(task => task.AsTask()).Should().ThrowAsync<LogPoisonedException>();
        reader.Seek(LogPosition.Start);
        reader.TryRead(out LogRecord good).Should().BeTrue();
        CommitLogContract.Describe(good).Should().Be("1:good|");
    }

    [Fact]
    public async Task Append_InLineBehindAFailingWrite_IsKnownNotToBeThere()
    {
        MemoryStorage memory = new();
        using ManualResetEventSlim hold = new(initialState: true);
        FailingStorage storage = new(memory) { HoldFlushes = hold };
        await using (CommitLog log = await CommitLog.OpenAsync(storage, NoMarks, Stop))
        {
            await log.AppendAsync(CommitLogContract.Batch("good"), cancellationToken: Stop);
            storage.CountFromHere();
            storage.FailFlush = 1;
            hold.Reset();
            Task<LogPosition> failing = Task.Run(async () => await log.AppendAsync(CommitLogContract.Batch("unknown"), cancellationToken: Stop));
            SpinWait.SpinUntil(() => log.Range.End.Value == 2);
            Task<LogPosition> behind = log.AppendAsync(CommitLogContract.Batch("behind"), cancellationToken: Stop).AsTask();
            hold.Set();

            (await failing.Awaiting(task => task).Should().ThrowAsync<LogPoisonedException>()).Which.OutcomeUnknown.Should().BeTrue();
            bool unknown = (await behind.Awaiting(task => task).Should().ThrowAsync<LogPoisonedException>()).Which.OutcomeUnknown;

            // The two may have shared the frame; only a frame that was never begun is known not to be there.
            if (!unknown)
            {
                log.Range.Visible.Value.Should().Be(1);
            }
        }

        storage.FailFlush = 0;
        await using CommitLog reopened = await CommitLog.OpenAsync(memory, cancellationToken: Stop);
        reopened.Range.Durable.Value.Should().BeInRange(1, 3);
    }

    [Fact]
    public async Task FullDisk_RefusesBeforeACommitIsAcceptedAndIsUsableAgain()
    {
        FailingStorage storage = new(new MemoryStorage()) { SpaceLeft = 470_000 };
        await using CommitLog log = await CommitLog.OpenAsync(storage, new CommitLogOptions { SegmentBytes = 128 * 1024, ReserveBytes = 64 * 1024, IdleMarkDelay = Timeout.InfiniteTimeSpan }, Stop);
        int accepted = 0;
        Func<Task> fill = async () =>
        {
            while (true)
            {
                await log.AppendAsync(new byte[10_000], cancellationToken: Stop);
                accepted++;
            }
        };

        await fill.Should().ThrowAsync<LogFullException>();
        await fill.Should().ThrowAsync<LogFullException>("it is still full");
        accepted.Should().BeGreaterThan(20);
        log.Range.Durable.Should().Be(new LogPosition(accepted));
        log.Range.End.Should().Be(new LogPosition(accepted), "what was refused got no position");
        (await log.ReadAsync(follow: false, cancellationToken: Stop).CountAsync(Stop)).Should().Be(accepted);
        storage.Failures.Should().BeGreaterThanOrEqualTo(2);

        storage.SpaceLeft = 1_000_000;
        (await log.AppendAsync(new byte[10_000], cancellationToken: Stop)).Should().Be(new LogPosition(accepted + 1));
    }

    [Fact]
    public async Task Dispose_AfterAFailure_ReleasesTheFolder()
    {
        MemoryStorage memory = new();
        FailingStorage storage = new(memory);
        CommitLog log = await CommitLog.OpenAsync(storage, NoMarks, Stop);
        await log.AppendAsync(CommitLogContract.Batch("good"), cancellationToken: Stop);
        storage.CountFromHere();
        storage.FailFlush = 1;
        await log.Awaiting(l => l.AppendAsync(CommitLogContract.Batch("lost"), cancellationToken: Stop).AsTask()).Should().ThrowAsync<LogPoisonedException>();
        storage.Failures.Should().Be(1);

        await log.DisposeAsync();

        await using CommitLog reopened = await CommitLog.OpenAsync(memory, cancellationToken: Stop);
        reopened.Recovery.WasClosed.Should().BeFalse();
    }
}
