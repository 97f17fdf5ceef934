using DataIntensive.Logs;

namespace DataIntensive.Tests.Logs;

public sealed class MemoryCommitLogTests : CommitLogContract
{
    protected override int OverTheLimit => 2 * 1024 * 1024;

    [Fact]
    public async Task Append_WhenFull_IsRefusedAndReadingGoesOn()
    {
        int taken = 0;
        Func<Task> fill = async () =>
        {
            while (true)
            {
                await Log.AppendAsync(new byte[10_000], cancellationToken: Stop);
                taken++;
            }
        };

        await fill.Should().ThrowAsync<LogFullException>();

        taken.Should().Be(104);
        (await ReadAllAsync()).Should().HaveCount(taken);
    }

    [Fact]
    public async Task Reader_OfDroppedRecords_IsToldWhereToResume()
    {
        using MemoryCommitLog log = new(new MemoryCommitLogOptions { CapacityBytes = 200_000, DropOldest = true });
        using LogReader slow = log.OpenReader();
        for (int i = 0; i < 100; i++)
        {
            await log.AppendAsync(new byte[10_000], cancellationToken: Stop);
        }

        LogHistoryGoneException gone = slow.Invoking(reader => reader.TryRead(out _)).Should().Throw<LogHistoryGoneException>().Which;
        gone.ResumeAfter.Value.Should().Be(log.Range.First.Value - 1).And.BeInRange(75, 90);
        log.Invoking(l => l.OpenReader()).Should().Throw<LogHistoryGoneException>();

        slow.Seek(gone.ResumeAfter);
        slow.TryRead(out LogRecord next).Should().BeTrue();
        next.Position.Should().Be(log.Range.First);
    }

    [Fact]
    public async Task ASmallLog_ThatDropsItsOldest_HoldsWhatItMayAndNoMore()
    {
        const int Capacity = 64 * 1024;
        using MemoryCommitLog log = new(new MemoryCommitLogOptions { CapacityBytes = Capacity, DropOldest = true });
        for (int i = 1; i <= 500; i++)
        {
            await log.AppendAsync(new byte[1000], cancellationToken: Stop);
            long bytes = (log.Range.Visible.Value - log.Range.First.Value + 1) * 1012;
            bytes.Should().BeInRange(Math.Min(i * 1012, Capacity * 3 / 4), Capacity);
        }
    }

    protected override ValueTask<ICommitLog> OpenAsync() =>
        new(new MemoryCommitLog(new MemoryCommitLogOptions { CapacityBytes = 1024 * 1024, TimeProvider = Clock }));

    protected override ValueTask CloseAsync() => Log.DisposeAsync();
}
