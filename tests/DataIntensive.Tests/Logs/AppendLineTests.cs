using System.Text;
using DataIntensive.Logs;
using DataIntensive.Storage;
using DataIntensive.Tests.Storage;

namespace DataIntensive.Tests.Logs;

/// <summary>Appends that find no room, and the room that is made before it is missed.</summary>
public sealed class AppendLineTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Append_CancelledInLine_IsNeverWrittenAndTheOthersKeepTheirOrder()
    {
        using ManualResetEventSlim hold = new(initialState: true);
        FailingStorage storage = new(new MemoryStorage()) { HoldFlushes = hold };
        await using CommitLog log = await CommitLog.OpenAsync(storage, new CommitLogOptions { MaxPendingBytes = 1024, IdleMarkDelay = Timeout.InfiniteTimeSpan }, Stop);
        await log.AppendAsync(CommitLogContract.Batch("first"), cancellationToken: Stop);
        hold.Reset();
        Task<LogPosition> slow = Task.Run(async () => await log.AppendAsync(CommitLogContract.Batch("slow"), cancellationToken: Stop));
        SpinWait.SpinUntil(() => log.Range.End.Value == 2, TimeSpan.FromSeconds(30)).Should().BeTrue();
        using CancellationTokenSource cancel = new();
        string large = new('x', 900);
        Task<LogPosition> fits = log.AppendAsync(CommitLogContract.Batch($"fits{large}"), cancellationToken: Stop).AsTask();
        Task<LogPosition> cancelled = log.AppendAsync(CommitLogContract.Batch($"cancelled{large}"), cancellationToken: cancel.Token).AsTask();
        Task<LogPosition> cancelledLater = log.AppendAsync(CommitLogContract.Batch($"later{large}"), cancellationToken: cancel.Token).AsTask();
        Task<LogPosition> kept = log.AppendAsync(Encoding.UTF8.GetBytes($"kept{large}"), cancellationToken: Stop).AsTask();

        await cancel.CancelAsync();

        await cancelled.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
        await cancelledLater.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
        fits.IsCompleted.Should().BeFalse("the disk is still held");
        hold.Set();
        ((await slow).Value, (await fits).Value, (await kept).Value).Should().Be((2, 3, 4));
        List<string> all = await log.ReadAsync(follow: false, cancellationToken: Stop).Select(record => Encoding.UTF8.GetString(record.Body.Span).TrimEnd('x')).ToListAsync(Stop);
        all.Should().Equal("first", "slow", "fits", "kept");
    }

    [Fact]
    public async Task Append_InLineOfALogThatCloses_IsRefused()
    {
        using ManualResetEventSlim hold = new(initialState: true);
        FailingStorage storage = new(new MemoryStorage()) { HoldFlushes = hold };
        CommitLog log = await CommitLog.OpenAsync(storage, new CommitLogOptions { MaxPendingBytes = 1024, IdleMarkDelay = Timeout.InfiniteTimeSpan }, Stop);
        await log.AppendAsync(CommitLogContract.Batch("first"), cancellationToken: Stop);
        hold.Reset();
        Task<LogPosition> slow = Task.Run(async () => await log.AppendAsync(CommitLogContract.Batch("slow"), cancellationToken: Stop));
        SpinWait.SpinUntil(() => log.Range.End.Value == 2, TimeSpan.FromSeconds(30)).Should().BeTrue();
        Task<LogPosition>[] waiting = [.. Enumerable.Range(0, 5).Select(_ => log.AppendAsync(new byte[900], cancellationToken: Stop).AsTask())];

        Task closing = log.DisposeAsync().AsTask();
        SpinWait.SpinUntil(() => Refuses(log), TimeSpan.FromSeconds(30)).Should().BeTrue();
        hold.Set();
        await closing;

        (await slow).Value.Should().Be(2);
        (await waiting[0]).Value.Should().Be(3, "it was in line for the next write already");
        foreach (Task<LogPosition> late in waiting[1..])
        {
            await late.Awaiting(task => task).Should().ThrowAsync<ObjectDisposedException>();
        }
    }

    [Fact]
    public async Task Append_WithARecordNotEnded_IsRefusedAndNothingIsWritten()
    {
        await using CommitLog log = await CommitLog.OpenAsync(new MemoryStorage(), cancellationToken: Stop);
        LogBatch batch = CommitLogContract.Batch("whole");
        batch.BeginRecord(1);

        await log.Awaiting(l => l.AppendAsync(batch, cancellationToken: Stop).AsTask()).Should().ThrowAsync<InvalidOperationException>();

        log.Range.End.Should().Be(LogPosition.Start);
    }

    [Fact]
    public async Task FullDisk_MetWhenAskingAhead_RefusesNothingThatFits()
    {
        // Room for the manifest, the first segment of 256 KiB and no more: the log asks for the next one long before it is filled.
        FailingStorage storage = new(new MemoryStorage()) { SpaceLeft = (8 + 256) * 1024 };
        await using CommitLog log = await CommitLog.OpenAsync(storage, new CommitLogOptions { ReserveBytes = 0, IdleMarkDelay = Timeout.InfiniteTimeSpan }, Stop);
        int accepted = 0;
        int refusedAhead = 0;
        Func<Task> fill = async () =>
        {
            while (true)
            {
                await log.AppendAsync(new byte[3_900], cancellationToken: Stop);
                accepted++;
                refusedAhead = storage.Failures;
            }
        };

        await fill.Should().ThrowAsync<LogFullException>();

        // A frame takes 4 KiB here, and so does the header of the segment.
        accepted.Should().Be(63);
        refusedAhead.Should().Be(1, "it asked ahead once, and then no more");
        storage.SpaceLeft = 10_000_000;
        (await log.AppendAsync(new byte[3_900], cancellationToken: Stop)).Value.Should().Be(64);
    }

    [Fact]
    public async Task Appends_ThatNeverOutrunTheRoomAhead_AreNeverRefused()
    {
        // A mark would be at the files meanwhile, and what comes then stays in line.
        await using CommitLog log = await CommitLog.OpenAsync(new MemoryStorage(), new CommitLogOptions { IdleMarkDelay = Timeout.InfiniteTimeSpan }, Stop);
        await log.AppendAsync(new byte[1], cancellationToken: Stop);
        LogBatch batch = new();
        Ignored completion = new();
        int refused = 0;
        for (int i = 0; i < 3_000; i++)
        {
            batch.Clear();
            batch.Add(0, new byte[1_000]);
            refused += log.TryAppend(batch, Durability.Disk, completion, out _) ? 0 : 1;
            log.Push(lead: true);
        }

        refused.Should().Be(0);
        log.Range.Durable.Value.Should().Be(3_001);
    }

    private static bool Refuses(CommitLog log)
    {
        try
        {
            return log.WaitForRoomAsync(CancellationToken.None).IsFaulted;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private sealed class Ignored : ILogCompletion
    {
        public void Complete(LogPosition position, Exception? failure)
        {
        }
    }
}
