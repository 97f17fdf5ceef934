using Tsavorite.core;

namespace DataIntensive.Benchmarks.Log;

/// <summary>
/// Garnet's TsavoriteLog, as FasterLog is used; its device opens with FileOptions.WriteThrough (O_SYNC) or, where the runtime lets it,
/// past the page cache, and calls no fsync.
/// </summary>
internal sealed class TsavoriteContender(string name, DeviceType device, Work can) : Contender(name, "O_SYNC writes, no fsync", can)
{
    private IDevice? _device;
    private TsavoriteLog? _log;
    private Task? _committer;
    private volatile bool _closing;

    public override ValueTask OpenAsync(string folder)
    {
        _closing = false;
        _device = Devices.CreateLogDevice(Path.Combine(folder, "tsavorite.log"), deviceType: device);
        _log = new TsavoriteLog(new TsavoriteLogSettings
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
        TsavoriteLog log = _log!;
        return async () =>
        {
            log.Enqueue(body);
            await log.CommitAsync();
        };
    }

    public override Func<ValueTask> NewGroupWriter(byte[] body)
    {
        TsavoriteLog log = _log!;
        _committer ??= Task.Run(CommitAsync);
        return async () => await log.EnqueueAndWaitForCommitAsync(body);
    }

    public override ValueTask BulkOneCommitAsync(byte[] body, int records)
    {
        TsavoriteLog log = _log!;
        for (int record = 0; record < records; record++)
        {
            log.Enqueue(body);
        }

        log.Commit(spinWait: true);
        return ValueTask.CompletedTask;
    }

    public override ValueTask BulkManyCommitsAsync(byte[] body, int records) => BulkOneCommitAsync(body, records);

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
