using DataIntensive.Logs;
using DataIntensive.Storage;
using DataIntensive.Tests.Storage;

namespace DataIntensive.Tests.Logs;

/// <summary>
/// Appending allocates nothing in steady state. What grows by doubling, and what is done once per frame or segment, may show as a
/// few bytes for each of many appends.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class AppendAllocationTests : IDisposable
{
    private const int Appends = 20_000;
    private const double MostPerAppend = 8;

    private readonly byte[] _body = new byte[256];
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OneWriter_ThatAwaitsEach_AllocatesNothing(bool asBatch)
    {
        await using CommitLog log = await CommitLog.OpenAsync(QuickDisk(), cancellationToken: Stop);
        LogBatch batch = new();

        double perAppend = await MeasureAsync(async () =>
        {
            for (int i = 0; i < Appends; i++)
            {
                await (asBatch ? Append(log, batch) : log.AppendAsync(_body, cancellationToken: Stop));
            }
        });

        perAppend.Should().BeLessThan(MostPerAppend);
        log.Range.Durable.Value.Should().Be(2 * Appends);
    }

    [Fact]
    public async Task OneWriter_OnTheDisk_AllocatesNothing()
    {
        const int few = 500;
        await using CommitLog log = await CommitLog.OpenAsync(_directory.Path, cancellationToken: Stop);
        LogBatch batch = new();

        long before = 0;
        for (int i = 0; i < 2 * few; i++)
        {
            before = i == few ? GC.GetTotalAllocatedBytes(precise: true) : before;
            await Append(log, batch);
        }

        ((GC.GetTotalAllocatedBytes(precise: true) - before) / (double)few).Should().BeLessThan(MostPerAppend);
    }

    [Fact]
    public async Task ManyWaitingWriters_AllocateNothing()
    {
        const int writers = 64;
        using CommitLog log = await CommitLog.OpenAsync(QuickDisk(), cancellationToken: Stop);

        double perAppend = await MeasureAsync(async () =>
        {
            Task[] running = new Task[writers];
            for (int writer = 0; writer < writers; writer++)
            {
                running[writer] = Task.Run(
                    async () =>
                    {
                        LogBatch batch = new();
                        for (int i = 0; i < Appends / writers; i++)
                        {
                            await Append(log, batch);
                        }
                    },
                    Stop);
            }

            await Task.WhenAll(running);
        });

        // Starting 64 tasks is part of it.
        perAppend.Should().BeLessThan(2 * MostPerAppend);
    }

    [Theory]
    [InlineData(4 * 1024 * 1024)]
    [InlineData(64 * 1024)]
    public async Task Pipelining_AlsoIntoBackpressure_AllocatesNothing(int maxPendingBytes)
    {
        const int outstanding = 1024;
        using CommitLog log = await CommitLog.OpenAsync(QuickDisk(), new CommitLogOptions { MaxPendingBytes = maxPendingBytes }, Stop);
        LogBatch batch = new();
        ValueTask<LogPosition>[] results = new ValueTask<LogPosition>[outstanding];
        double perAppend = await MeasureAsync(async () =>
        {
            for (int i = 0; i < Appends; i++)
            {
                await results[i % outstanding];
                results[i % outstanding] = Append(log, batch);
            }
        });

        foreach (ValueTask<LogPosition> result in results)
        {
            await result;
        }

        perAppend.Should().BeLessThan(2 * MostPerAppend);
        log.Range.Durable.Value.Should().Be(2 * Appends);
    }

    public void Dispose() => _directory.Dispose();

    // Files, since those of a memory storage are garbage themselves.
    private FailingStorage QuickDisk() => new(new FileStorage(_directory.Path)) { SkipFlushes = true };

    // The first run fills the pools.
    private static async Task<double> MeasureAsync(Func<Task> appends)
    {
        await appends();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await appends();
        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Appends;
    }

    private ValueTask<LogPosition> Append(CommitLog log, LogBatch batch)
    {
        batch.Clear();
        return log.AppendAsync(batch.Add(1, _body), cancellationToken: Stop);
    }
}
