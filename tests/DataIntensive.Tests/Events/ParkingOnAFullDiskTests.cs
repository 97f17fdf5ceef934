using DataIntensive.Logs;
using DataIntensive.Testing;

namespace DataIntensive.Tests.Events;

public sealed class ParkingOnAFullDiskTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Parking_GoesOnOutOfTheReserve(int members)
    {
        FaultyStorage disk = new();
        DatabaseSchema schema = new DatabaseSchema().AddEvents(TestEvents.Map).AddStore<long, string>("effects").AddCheckpoints();
        DatabaseOptions options = new() { Log = new CommitLogOptions { SegmentBytes = 64 * 1024, ReserveBytes = 128 * 1024 } };
        await using Database database = await Database.OpenAsync(await CommitLog.OpenAsync(disk, options.Log, Stop), schema, options, Stop);
        for (int i = 0; i < 10; i++)
        {
            await database.Events().AppendAsync($"s{i % 3}", [new Counted(0, i)], Stop);
        }

        disk.CapacityBytes = disk.UsedBytes;
        LogFullException? full = null;
        for (int i = 0; full is null && i < 1_000; i++)
        {
            full = await RefusalAsync(database, i);
        }

        database.State.Health.Should().Be(DatabaseHealth.Full);
        EventSubscription subscription = EventSubscription.Create(
            database.Events(),
            database.Checkpoints(),
            "full",
            EventQuery.All,
            (DatabaseTransaction _, RecordedEvent _) => throw new IOException("broken"),
            new SubscriptionOptions { Members = members, Poison = PoisonEvents.Park });
        await subscription.RunToEndAsync(Stop);

        (await database.Checkpoints().ReadDeadLettersAsync(cancellationToken: Stop)).Should().HaveCount(10);
        database.Events().State.HeadAt(database.Checkpoints().Read("full")).Value.Should().Be(10);
    }

    private static async Task<LogFullException?> RefusalAsync(Database database, long key)
    {
        try
        {
            await database.Store<long, string>("effects").WriteAsync(key, new string('x', 2_000), Stop);
            return null;
        }
        catch (LogFullException full)
        {
            return full;
        }
    }
}
