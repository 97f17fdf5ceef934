using FASTER.core;

namespace DataIntensive.Benchmarks.Log;

/// <summary>FasterLog: one task commits in a loop for all that wait, as its documentation advises.</summary>
internal sealed class FasterContender(string name, Work can) : Contender(name, "O_SYNC writes, no fsync", can)
{
    private IDevice? _device;
    private FasterLog? _log;
    private Task? _committer;
    private volatile bool _closing;

    public override ValueTask OpenAsync(string folder)
    {
        _closing = false;
        _device = Devices.CreateLogDevice(Path.Combine(folder, "faster.log"));
        _log = new FasterLog(new FasterLogSettings
        {
            LogDevice = _device,
            LogCommitDir = folder,
            LogChecksum = LogChecksumType.PerEntry,
            FastCommitMode = true,
            PageSizeBits = 22,
            MemorySizeBits = 26,
            SegmentSizeBits = 30,
        });
        return ValueTask.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        _closing = true;
        if (_committer is not null)
        {
            await _committer;
        }

        _log?.Dispose();
        _device?.Dispose();
        _committer = null;
        _log = null;
        _device = null;
    }

    public override Func<ValueTask> NewWriter(byte[] body)
    {
        FasterLog log = _log!;
        return async () =>
        {
            log.Enqueue(body);
            await log.CommitAsync();
        };
    }

    public override Func<ValueTask> NewGroupWriter(byte[] body)
    {
        FasterLog log = _log!;
        _committer ??= Task.Run(CommitAsync);
        return async () => await log.EnqueueAndWaitForCommitAsync(body);
    }

    public override ValueTask BulkOneCommitAsync(byte[] body, int records)
    {
        FasterLog log = _log!;
        for (int record = 0; record < records; record++)
        {
            log.Enqueue(body);
        }

        log.Commit(spinWait: true);
        return ValueTask.CompletedTask;
    }

    public override ValueTask BulkManyCommitsAsync(byte[] body, int records) => BulkOneCommitAsync(body, records);

    public override ValueTask<long> ScanAsync()
    {
        long total = 0;
        using FasterLogScanIterator iterator = _log!.Scan(_log.BeginAddress, _log.CommittedUntilAddress);
        while (iterator.GetNext(System.Buffers.MemoryPool<byte>.Shared, out System.Buffers.IMemoryOwner<byte> entry, out int length, out _, out _))
        {
            total += length;
            entry.Dispose();
        }

        return new ValueTask<long>(total);
    }

    private async Task CommitAsync()
    {
        while (!_closing)
        {
            if (_log!.TailAddress > _log.CommittedUntilAddress)
            {
                await _log.CommitAsync();
            }
            else
            {
                await Task.Yield();
            }
        }
    }
}
