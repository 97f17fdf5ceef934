using System.Diagnostics;

namespace DataIntensive.Benchmarks.Log;

/// <summary>One row: a work, done by each contender on a fresh folder, and timed.</summary>
internal sealed class LogWorkload(string name, Work work, int bodyBytes, int writers = 1, bool allocation = false)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(150);

    private readonly byte[] _body = [.. Enumerable.Range(0, bodyBytes).Select(index => (byte)index)];

    public string Name => name;

    public Work Work => work;

    /// <summary>Whether the row shows bytes allocated per record instead of records per second.</summary>
    public bool ShowsAllocation => allocation;

    public async Task<Sample> MeasureAsync(Contender contender, string folder, LogComparisonOptions options)
    {
        switch (work)
        {
            case Work.BulkOneCommit or Work.BulkManyCommits:
                return await MeasureBulkAsync(contender, folder, options);
            case Work.Scan:
                await FillOnceAsync(contender, folder, options.ScanBytes, keepOpen: true);
                return await TimeAsync(Records(options.ScanBytes), options, async () => CheckTotal(await contender.ScanAsync(), options.ScanBytes));
            case Work.Recovery:
                await FillOnceAsync(contender, folder, options.RecoveryBytes, keepOpen: false);
                Sample opened = await TimeAsync(Records(options.RecoveryBytes), options, async () => await contender.OpenAsync(folder));
                await contender.DisposeAsync();
                return opened;
            default:
                return await MeasureWritersAsync(contender, folder, options);
        }
    }

    private int Records(long bytes) => (int)(bytes / bodyBytes);

    private async Task<Sample> MeasureBulkAsync(Contender contender, string folder, LogComparisonOptions options)
    {
        bool many = work == Work.BulkManyCommits;
        int records = Records(many ? options.BulkBytes / 4 : options.BulkBytes);
        await contender.OpenAsync(folder);
        try
        {
            await contender.BulkOneCommitAsync(_body, 100);
            if (allocation)
            {
                // What is asked is the steady state: buffers have grown, and pools are filled.
                await contender.BulkManyCommitsAsync(_body, records);
            }

            return await TimeAsync(records, options, async () => await (many ? contender.BulkManyCommitsAsync(_body, records) : contender.BulkOneCommitAsync(_body, records)));
        }
        finally
        {
            await contender.DisposeAsync();
        }
    }

    private async Task FillOnceAsync(Contender contender, string folder, long bytes, bool keepOpen)
    {
        if (Directory.EnumerateFileSystemEntries(folder).Any())
        {
            return;
        }

        await contender.OpenAsync(folder);
        await contender.BulkOneCommitAsync(_body, Records(bytes));
        if (!keepOpen)
        {
            await contender.DisposeAsync();
        }
    }

    private async Task<Sample> MeasureWritersAsync(Contender contender, string folder, LogComparisonOptions options)
    {
        await contender.OpenAsync(folder);
        try
        {
            using Writers running = Writers.Start(writers, contender.Blocks || writers == 1, () => writers == 1 ? contender.NewWriter(_body) : contender.NewGroupWriter(_body));
            await Task.Delay(WarmUp);
            long before = running.Appended;
            long allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
            double start = Now(options);
            await Task.Delay(options.WriterTime);
            long appended = running.Appended - before;
            double seconds = Now(options) - start;
            long allocated = GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore;
            await running.StopAsync();
            return new Sample(appended / seconds, (double)allocated / appended);
        }
        finally
        {
            await contender.DisposeAsync();
        }
    }

    private static async Task<Sample> TimeAsync(int records, LogComparisonOptions options, Func<Task> run)
    {
        long allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        double start = Now(options);
        await Task.Run(run);
        double seconds = Now(options) - start;
        return new Sample(records / seconds, (double)(GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore) / records);
    }

    private static double Now(LogComparisonOptions options) => options.ByProcessorTime
        ? Environment.CpuUsage.TotalTime.TotalSeconds
        : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    private void CheckTotal(long total, long expected)
    {
        if (total != (long)Records(expected) * bodyBytes)
        {
            throw new InvalidDataException($"Read {total} bytes instead of {expected}.");
        }
    }
}
