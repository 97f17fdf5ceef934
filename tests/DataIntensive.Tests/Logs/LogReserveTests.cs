using DataIntensive.Logs;
using DataIntensive.Testing;

namespace DataIntensive.Tests.Logs;

public sealed class LogReserveTests
{
    private const string Reserve = "RESERVE";

    private static readonly CommitLogOptions Options = new() { SegmentBytes = 128 * 1024, ReserveBytes = 256 * 1024, IdleMarkDelay = Timeout.InfiniteTimeSpan };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FullDisk_TakesWhatMayUseTheReserveAndRefusesTheRest()
    {
        FaultyStorage disk = new(new FaultyStorageOptions { CapacityBytes = 700_000 });
        await using CommitLog log = await CommitLog.OpenAsync(disk, Options, Stop);
        long filled = await FillAsync(log);
        disk.List().Should().Contain(Reserve);

        for (int i = 0; i < 5; i++)
        {
            await log.AppendAsync(Urgent(1_000), cancellationToken: Stop);
            await log.Awaiting(l => l.AppendAsync(new byte[1], cancellationToken: Stop).AsTask()).Should().ThrowAsync<LogFullException>("only what may use the reserve is taken now");
        }

        disk.List().Should().NotContain(Reserve, "its space was needed");
        log.Range.Durable.Value.Should().Be(filled + 5);
        int more = 0;
        await FluentActions.Awaiting(async () =>
        {
            while (true)
            {
                await log.AppendAsync(Urgent(10_000), cancellationToken: Stop);
                more++;
            }
        }).Should().ThrowAsync<LogFullException>("the reserve ends too");
        more.Should().BePositive();

        disk.CapacityBytes = 2_000_000;
        (await log.AppendAsync(new byte[1], cancellationToken: Stop)).Value.Should().Be(filled + 5 + more + 1);
        disk.List().Should().Contain(Reserve, "there is space again");
    }

    [Fact]
    public async Task FullDisk_MetAfterARestart_StillTakesDeletes()
    {
        FaultyStorage disk = new(new FaultyStorageOptions { CapacityBytes = 700_000 });
        long filled;
        await using (CommitLog log = await CommitLog.OpenAsync(disk, Options, Stop))
        {
            filled = await FillAsync(log);
        }

        // Whoever filled the disk took what the close gave back.
        disk.CapacityBytes = disk.UsedBytes;
        await using CommitLog reopened = await CommitLog.OpenAsync(disk, Options, Stop);
        await reopened.Awaiting(l => l.AppendAsync(new byte[1], cancellationToken: Stop).AsTask()).Should().ThrowAsync<LogFullException>();
        (await reopened.AppendAsync(Urgent(100), cancellationToken: Stop)).Value.Should().Be(filled + 1);
    }

    [Fact]
    public async Task ABatch_Cleared_MayNotUseTheReserveAnyMore()
    {
        FaultyStorage disk = new(new FaultyStorageOptions { CapacityBytes = 700_000 });
        await using CommitLog log = await CommitLog.OpenAsync(disk, Options, Stop);
        await FillAsync(log);
        LogBatch batch = Urgent(100);
        await log.AppendAsync(batch, cancellationToken: Stop);

        batch.Clear();
        batch.Add(7, new byte[100]);

        batch.MayUseReserve.Should().BeFalse();
        await log.Awaiting(l => l.AppendAsync(batch, cancellationToken: Stop).AsTask()).Should().ThrowAsync<LogFullException>();
    }

    [Fact]
    public async Task Store_OnAFullDisk_TakesDeletesAndCheckpoints()
    {
        FaultyStorage disk = new(new FaultyStorageOptions { CapacityBytes = 700_000 });
        DatabaseSchema schema = new DatabaseSchema().AddStore<string, byte[]>("data").AddCheckpoints();
        CommitLog log = await CommitLog.OpenAsync(disk, Options, Stop);
        await using Database database = await Database.OpenAsync(log, schema, cancellationToken: Stop);
        DatabaseStore<string, byte[]> store = database.Store<string, byte[]>("data");
        int written = 0;
        foreach (int bytes in new[] { 20_000, 1 })
        {
            await FluentActions.Awaiting(async () =>
            {
                while (true)
                {
                    await store.WriteAsync($"{written}", new byte[bytes], Stop);
                    written++;
                }
            }).Should().ThrowAsync<LogFullException>();
        }

        written.Should().BePositive();

        await store.DeleteAsync("0", Stop);
        await database.Checkpoints().SaveAsync("consumer", new LogPosition(1), Stop);
        await store.Awaiting(s => s.WriteAsync("new", new byte[1], Stop).AsTask()).Should().ThrowAsync<LogFullException>();

        store.Read("0").Exists.Should().BeFalse();
    }

    private static LogBatch Urgent(int bytes)
    {
        LogBatch batch = new() { MayUseReserve = true };
        return batch.Add(7, new byte[bytes]);
    }

    private static async Task<long> FillAsync(CommitLog log)
    {
        long filled = 0;
        foreach (int bytes in new[] { 10_000, 1 })
        {
            await FluentActions.Awaiting(async () =>
            {
                while (true)
                {
                    filled = (await log.AppendAsync(new byte[bytes], cancellationToken: Stop)).Value;
                }
            }).Should().ThrowAsync<LogFullException>();
        }

        filled.Should().BePositive();
        return filled;
    }
}
