using DataIntensive.Logs;
using DataIntensive.Storage;

namespace DataIntensive.Benchmarks.Log;

/// <summary><see cref="CommitLog"/> with its defaults, through the calls that its users make.</summary>
internal sealed class OurContender(string name, Work can, bool directWrites = false) : Contender(name, "fsync", can)
{
    private const int MostInFlight = 4096;
    private const int MostPartsUnderWay = 8;

    private readonly ValueTask<LogPosition>[] _inFlight = new ValueTask<LogPosition>[MostInFlight];
    private CommitLog? _log;

    public override async ValueTask OpenAsync(string folder) => _log = await CommitLog.OpenAsync(new FileStorage(Path.Combine(folder, "log")) { DirectWrites = directWrites });

    public override async ValueTask DisposeAsync()
    {
        if (_log is { } log)
        {
            await log.DisposeAsync();
        }

        _log = null;
    }

    public override Func<ValueTask> NewWriter(byte[] body)
    {
        CommitLog log = _log!;
        LogBatch batch = new();
        return () =>
        {
            batch.Clear();
            batch.Add(0, body);
            ValueTask<LogPosition> append = log.AppendAsync(batch);
            if (!append.IsCompletedSuccessfully)
            {
                return Discard(append);
            }

            _ = append.Result;
            return ValueTask.CompletedTask;
        };
    }

    // The parts before the last are handed to the operating system only: the last one, on disk, takes them all along. Some are under
    // way while the next one is filled, which may be as soon as its call has returned.
    public override async ValueTask BulkOneCommitAsync(byte[] body, int records)
    {
        LogBatch batch = new();
        ValueTask<LogPosition>[] underWay = new ValueTask<LogPosition>[MostPartsUnderWay];
        int part = 0;
        for (int record = 0; record < records; record++)
        {
            batch.Add(0, body);
            if (batch.SizeBytes >= BulkBytes || record == records - 1)
            {
                await underWay[part % MostPartsUnderWay];
                underWay[part++ % MostPartsUnderWay] = _log!.AppendAsync(batch, record == records - 1 ? Durability.Disk : Durability.Os);
                batch.Clear();
            }
        }

        foreach (ValueTask<LogPosition> append in underWay)
        {
            await append;
        }
    }

    public override async ValueTask BulkManyCommitsAsync(byte[] body, int records)
    {
        LogBatch batch = new();
        for (int record = 0; record < records; record++)
        {
            batch.Clear();
            batch.Add(0, body);
            int place = record % MostInFlight;
            await _inFlight[place];
            _inFlight[place] = _log!.AppendAsync(batch, record == records - 1 ? Durability.Disk : Durability.Os);
        }

        for (int place = 0; place < MostInFlight; place++)
        {
            await _inFlight[place];
            _inFlight[place] = default;
        }
    }

    public override ValueTask<long> ScanAsync()
    {
        long total = 0;
        using LogReader reader = _log!.OpenReader();
        while (reader.TryRead(out LogRecord record))
        {
            total += record.Body.Length;
        }

        return new ValueTask<long>(total);
    }

    // A pooled builder: what is measured is the log's allocation, not that of this adapter.
    [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask Discard(ValueTask<LogPosition> append) => await append;
}
