using System.Diagnostics;
using System.Diagnostics.Metrics;
using DataIntensive.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace DataIntensive.Tests.Transactions;

public sealed class TelemetryTests
{
    private static readonly DatabaseSchema Schema = new DatabaseSchema().AddStore<string, int>("numbers");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ACommit_WhoseListenerThrows_IsWrittenAllTheSame()
    {
        await using ServiceProvider provider = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory factory = provider.GetRequiredService<IMeterFactory>();
        await using Database database = await Database.OpenAsync(await CommitLog.OpenAsync(new MemoryStorage(), cancellationToken: Stop), Schema, new DatabaseOptions { MeterFactory = factory }, Stop);
        DatabaseStore<string, int> numbers = database.Store<string, int>("numbers");
        using MeterListener listener = new();
        int thrown = 0;
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Scope == factory && instrument.Name == "dataintensive.commits")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => throw new InvalidDataException($"listener {++thrown}"));
        listener.Start();
        for (int i = 1; i <= 3; i++)
        {
            Func<Task> writing = () => numbers.WriteAsync($"k{i}", i, Stop).AsTask();
            await writing.Should().ThrowAsync<InvalidDataException>();
            SpinWait.SpinUntil(() => numbers.Read($"k{i}").Value == i, TimeSpan.FromSeconds(30)).Should().BeTrue("whatever a listener does, the commit is on its way");
        }

        thrown.Should().Be(3);
        listener.Dispose();
        await numbers.WriteAsync("k4", 4, Stop).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Stop);
        numbers.Read("k4").Value.Should().Be(4);
    }

    [Fact]
    public async Task Transactions_AreActivitiesWithTheirPosition()
    {
        List<Activity> ended = [];
        using ActivitySource caller = new("DataIntensive.Tests.Caller");
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name is "DataIntensive" or "DataIntensive.Tests.Caller",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        await using Database database = Database.InMemory(Schema);
        DatabaseStore<string, int> numbers = database.Store<string, int>("numbers");
        using Activity? parent = caller.StartActivity("request");
        listener.ActivityStopped = activity =>
        {
            // Other tests run beside this one: only what this caller started counts.
            if (activity.ParentId == parent!.Id)
            {
                ended.Add(activity);
            }
        };

        Revision written = await numbers.WriteAsync("a", 1, Stop);
        LogPosition committed = await database.TransactAsync(
            transaction =>
            {
                numbers.In(transaction).Write("a", 2);
                return ValueTask.CompletedTask;
            },
            cancellationToken: Stop);

        ended.Select(activity => (activity.OperationName, activity.GetTagItem("dataintensive.position")))
            .Should().Equal(("dataintensive.execute", written.Value), ("dataintensive.transact", committed.Value));
        ended[1].GetTagItem("dataintensive.attempts").Should().Be(1);
    }

    [Fact]
    public async Task CommitsAndConflicts_AreCounted()
    {
        ServiceCollection services = new();
        services.AddMetrics();
        services.AddDataIntensive(builder => builder.UseMemory().AddStore<string, int>("numbers"));
        await using ServiceProvider provider = services.BuildServiceProvider();
        Dictionary<string, long> counted = [];
        using MeterListener listener = new();
        IMeterFactory factory = provider.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Scope == factory)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => counted[instrument.Name] = counted.GetValueOrDefault(instrument.Name) + value);
        listener.Start();
        await provider.OpenDataIntensiveAsync(Stop);
        Database database = provider.GetRequiredService<Database>();
        DatabaseStore<string, int> numbers = database.Store<string, int>("numbers");

        using (DatabaseTransaction stale = database.Begin())
        {
            numbers.In(stale).Update("a", entry => entry.Value + 1);
            await numbers.WriteAsync("a", 1, Stop);
            await stale.Awaiting(transaction => transaction.CommitAsync(cancellationToken: Stop).AsTask()).Should().ThrowAsync<TransactionConflictException>();
        }

        counted.Should().Contain("dataintensive.commits", 1).And.Contain("dataintensive.transaction.conflicts", 1);
    }
}
