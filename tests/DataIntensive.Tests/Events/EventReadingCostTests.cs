using DataIntensive.Logs;
using DataIntensive.Storage;
using DataIntensive.Tests.Storage;

namespace DataIntensive.Tests.Events;

/// <summary>What reading events costs the files.</summary>
public sealed class EventReadingCostTests : IDisposable
{
    private static readonly DatabaseSchema Schema = new DatabaseSchema().AddEvents(TestEvents.Map);

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ReadStream_OfAShortScatteredStreamAgain_ReadsNoFile()
    {
        FailingStorage storage = new(new MemoryStorage());
        CommitLog log = await CommitLog.OpenAsync(storage, new CommitLogOptions { IdleMarkDelay = Timeout.InfiniteTimeSpan }, Stop);
        await using Database database = await Database.OpenAsync(log, Schema, cancellationToken: Stop);
        DatabaseEventStore events = database.Events();
        for (int i = 0; i < 10; i++)
        {
            // In threes, with much between them.
            await events.AppendAsync("own", ExpectedVersion.Any, Enumerable.Range(0, 3).Select(k => new Noted($"{i}.{k}")), Stop);
            await events.AppendAsync("others", ExpectedVersion.Any, Enumerable.Range(0, 100).Select(_ => new Noted(new string('x', 300))), Stop);
        }

        List<RecordedEvent> first = await events.ReadStreamAsync("own", cancellationToken: Stop).ToListAsync(Stop);
        first.Should().HaveCount(30);
        int reads = storage.Reads;

        (await events.ReadStreamAsync("own", cancellationToken: Stop).ToListAsync(Stop)).Should().Equal(first);
        (await events.ReadStreamAsync("own", new EventReadOptions { Backward = true }, Stop).Reverse().ToListAsync(Stop)).Should().Equal(first);

        storage.Reads.Should().Be(reads);
    }

    [Fact]
    public async Task Open_WithOptionsOfTheLog_PassesItsCacheOn()
    {
        await using (Database database = await Database.OpenAsync(_directory.File("a"), Schema, cancellationToken: Stop))
        {
            ((CommitLog)database.Log).Options.RecordCacheBytes.Should().Be(8 * 1024 * 1024);
        }

        await using Database without = await Database.OpenAsync(_directory.File("b"), Schema, new DatabaseOptions { Log = new CommitLogOptions { RecordCacheBytes = 0 } }, Stop);
        ((CommitLog)without.Log).Cache.Should().BeNull();
    }
}
